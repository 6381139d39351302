import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import LibsqlDatabase from 'libsql';
import pg from 'pg';
import 'reflect-metadata';
import { DataSource, type DataSourceOptions, type Logger } from 'typeorm';
import { CfgenError } from '@cfgen/contracts';
import type { DatabaseLocation } from '../port/database';
import type { Tables } from './content';

type LibsqlLocation = Extract<DatabaseLocation, { kind: 'libsql' }>;
type PostgresLocation = Extract<DatabaseLocation, { kind: 'postgres' }>;

/** Connections for work, or the one that changes the schema: that one may wait and work as long as it takes. */
export type Purpose = 'work' | 'migration';

export function dataSourceOf(location: DatabaseLocation, tables: Tables, purpose: Purpose, logger: Logger): DataSource {
  const common = {
    entities: [...tables.entities],
    logger,
    synchronize: false,
    migrations: purpose === 'migration' ? tables.migrations.map(({ name, up }) => migrationClass(name, up, location.kind)) : [],
  };
  return new DataSource(
    location.kind === 'libsql' ? { ...common, ...libsqlOptions(location) } : { ...common, ...postgresOptions(location, purpose) },
  );
}

/** How a database is called in messages: never with its password. */
export function placeOf(location: DatabaseLocation): string {
  if (location.kind === 'libsql') return location.file;
  const { host, pathname } = addressOf(location);
  return `postgres://${host}${pathname} (schema ${location.schema})`;
}

/** TypeORM makes its migrations from classes; ours are plain values. */
function migrationClass(name: string, up: Tables['migrations'][number]['up'], dialect: DatabaseLocation['kind']) {
  return class {
    readonly name = name;
    up(runner: Parameters<typeof up>[0]): Promise<void> {
      return up(runner, dialect);
    }
    down(): Promise<void> {
      throw new CfgenError('INTERNAL', `The migration ${name} has no way back`, { hint: 'Restore a backup.' });
    }
  };
}

/**
 * TypeORM begins transactions of SQLite with BEGIN, which takes the right to write only at the first change: when another process wrote in
 * between, that change fails at once, however long one is ready to wait. BEGIN IMMEDIATE takes it at the start, where waiting helps.
 */
function beginImmediately(database: InstanceType<typeof LibsqlDatabase>): void {
  const prepare = database.prepare.bind(database);
  Object.assign(database, { prepare: (sql: string) => prepare(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql) });
}

function libsqlOptions({ file }: LibsqlLocation): DataSourceOptions {
  mkdirSync(dirname(file), { recursive: true });
  return {
    type: 'better-sqlite3',
    driver: LibsqlDatabase,
    database: file,
    // In milliseconds. Short, because libsql waits with the whole process: the longer wait for another process is in `beginTransaction`.
    timeout: 20,
    enableWAL: true,
    prepareDatabase: (database: InstanceType<typeof LibsqlDatabase>) => {
      // FULL, not NORMAL: a commit is on the disk when it is acknowledged. After a loss of power NORMAL forgets the last commits: a run that
      // was accepted, or the record that a message was taken which the bus will not bring again. There are few commits a second.
      database.pragma('synchronous = FULL');
      beginImmediately(database);
    },
  };
}

function postgresOptions(location: PostgresLocation, purpose: Purpose): DataSourceOptions {
  addressOf(location);
  const { url, schema, poolSize = 8 } = location;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw new CfgenError('CONFIGURATION_INVALID', `The schema "${schema}" is not a usable name`, {
      hint: 'Use lower-case letters, digits and underscores, at most 63, a letter first.',
    });
  }
  const limits =
    purpose === 'work'
      ? // Between them: a transaction that does not move lets go of its locks, and a server that is gone without a word is noticed.
        { statement_timeout: 30_000, lock_timeout: 10_000, idle_in_transaction_session_timeout: 60_000, query_timeout: 40_000 }
      : {};
  return {
    type: 'postgres',
    url,
    schema,
    applicationName: `cfgen ${schema}`,
    poolSize: purpose === 'work' ? poolSize : 1,
    // Also the longest wait for a free connection of the pool.
    connectTimeoutMS: 10_000,
    installExtensions: false,
    extra: {
      ...limits,
      options: `-c search_path=${schema}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // bigint as number: times, counts and sequences stay far below 2^53.
      types: { getTypeParser: parserOf },
    },
  };
}

const parserOf: typeof pg.types.getTypeParser = (type, format) =>
  type === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(type, format) as unknown);

function addressOf({ url }: PostgresLocation): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new CfgenError('CONFIGURATION_INVALID', 'The address of the database is not a postgres URL', {
      hint: 'Write it like postgres://user:password@host:5432/database.',
    });
  }
  return parsed;
}
