import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import type { Transaction } from '../port/database';
import type { Dialect } from './dialect';
import { failureOf, failureOfDriver } from './failures';
import type { StatementLog } from './statement-log';
import { endTransaction, openTransaction } from './transactions';

/** How long a transaction of libsql waits for another process that writes to the same file. */
const fileWaitMs = 10_000;

/**
 * Begins a transaction. An error is one of a statement, wherever it came from.
 * Of libsql: waits for the file without stopping the process, as the driver itself would.
 */
export async function beginTransaction(runner: QueryRunner, dialect: Dialect, now: () => number): Promise<void> {
  const giveUpAt = now() + fileWaitMs;
  for (;;) {
    try {
      await runner.connect();
      await runner.startTransaction();
      return;
    } catch (error) {
      const busy = dialect === 'libsql' && failureOfDriver(error) === 'again';
      if (!busy || now() >= giveUpAt) throw error instanceof QueryFailedError ? error : new QueryFailedError('BEGIN', [], asError(error));
      await sleep(randomInt(5, 40));
    }
  }
}

/** One try of a transaction. */
export async function runOnce<T>(
  dataSource: DataSource,
  dialect: Dialect,
  statements: StatementLog,
  now: () => number,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let broken: unknown;
  try {
    await beginTransaction(runner, dialect, now);
    statements.forget(runner);
    const transaction = openTransaction(runner, dialect);
    try {
      const result = await work(transaction);
      const failed = statements.failureOn(runner);
      if (failed !== undefined) throw new QueryFailedError(failed.sql, [], asError(failed.error));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (dialect === 'postgres' && failureOf(error) === 'unavailable') broken = error;
      else await rollBack(runner, dataSource, dialect).catch((cause: unknown) => (broken = cause));
      throw error;
    } finally {
      endTransaction(transaction);
    }
  } catch (error) {
    if (dialect === 'postgres' && failureOf(error) === 'unavailable') broken = error;
    throw error;
  } finally {
    await release(runner, broken);
  }
}

async function rollBack(runner: QueryRunner, dataSource: DataSource, dialect: Dialect): Promise<void> {
  try {
    await runner.rollbackTransaction();
  } catch (error) {
    if (dialect === 'postgres') throw error;
    // SQLite ends a transaction itself when the disk fails, and TypeORM, which has one runner for the file, would go on counting it as open.
    await dataSource.destroy();
    await dataSource.initialize();
  }
}

/** Gives a connection back to the pool; one in an unknown state is closed instead, which TypeORM can do but has no public name for. */
async function release(runner: QueryRunner, broken: unknown): Promise<void> {
  const close: unknown = Reflect.get(runner, 'releasePostgresConnection');
  if (broken !== undefined && typeof close === 'function') await (close.call(runner, asError(broken)) as Promise<void>);
  else await runner.release();
}

/** Wait before a transaction is tried again: 10 ms, doubled each time, and a random part so that two that met do not meet again. */
export async function backOff(attempt: number): Promise<void> {
  const wait = 10 * 2 ** (attempt - 1);
  await sleep(wait + randomInt(wait));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
