import type { Logger, QueryRunner } from 'typeorm';

/**
 * Where TypeORM tells of statements. It notes which statement of a transaction failed: PostgreSQL answers a commit after a failed statement by
 * rolling back, without an error, and whoever caught the failure would take his changes for kept.
 */
export interface StatementLog extends Logger {
  /** The error of the first statement that failed on this connection since `forget`. */
  failureOn(runner: QueryRunner): { readonly error: unknown; readonly sql: string } | undefined;
  forget(runner: QueryRunner): void;
}

export function statementLog(log: (message: string) => void): StatementLog {
  const failures = new WeakMap<QueryRunner, { error: unknown; sql: string }>();
  const nothing = (): void => undefined;
  return {
    failureOn: (runner) => failures.get(runner),
    forget: (runner) => void failures.delete(runner),
    logQueryError(error: unknown, sql, _parameters, runner) {
      if (runner !== undefined && !failures.has(runner)) failures.set(runner, { error, sql });
    },
    log(level, message: unknown) {
      if (level === 'warn') log(String(message));
    },
    logQuery: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
  };
}
