import { AsyncLocalStorage } from 'node:async_hooks';
import { CfgenError } from '@cfgen/contracts';
import type { Database, DatabaseContent, DatabaseLocation, Transaction } from '../port/database';
import { tablesOf, type Tables } from './content';
import { dataSourceOf, placeOf } from './data-sources';
import { databaseError, failureOf, failureOfDriver } from './failures';
import { migrate } from './migrating';
import { statementLog, type StatementLog } from './statement-log';
import { backOff, beginTransaction, runOnce } from './transaction-runner';
import type { DataSource } from 'typeorm';

export interface OpenDatabaseOptions {
  readonly location: DatabaseLocation;
  readonly content: DatabaseContent;
  /** Milliseconds since 1970; measures how long a busy file is waited for. */
  readonly now: () => number;
  /** Takes what an operator should see: lost connections, schema changes. */
  readonly log?: (message: string) => void;
}

/** Tries of one transaction. */
const attempts = 5;

/**
 * Opens a database, makes it when it is new, and brings its schema up to date. A connection that is lost later comes back by itself with the
 * server.
 *
 * @throws CfgenError DATABASE_UNAVAILABLE (retryable) when it cannot be reached; CONFIGURATION_INVALID when the address, the user or the
 * file cannot be used, when its schema is newer than this code, or when it belongs to another kind of service
 */
export function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  return openTables(options, tablesOf(options.content));
}

/** As `openDatabase`, with tables of one's own: for tests of older and newer schemas. */
export async function openTables(options: OpenDatabaseOptions, tables: Tables): Promise<Database> {
  const { location, content, now } = options;
  const log = options.log ?? (() => undefined);
  const place = placeOf(location);
  const statements = statementLog((message) => log(`${place}: ${message}`));
  try {
    const changing = await connected(() => dataSourceOf(location, tables, 'migration', statements), now);
    try {
      const applied = await migrate(changing, location, content, tables, (runner) => beginTransaction(runner, location.kind, now));
      if (applied.length > 0) log(`${place}: schema brought up to date by ${applied.join(', ')}`);
    } finally {
      await changing.destroy();
    }
    return databaseOn(await connected(() => dataSourceOf(location, tables, 'work', statements), now), place, options, statements);
  } catch (error) {
    throw openingError(place, error);
  }
}

/**
 * Asks a database whether it answers, and changes nothing in it: no schema is made or brought up to date.
 *
 * @throws CfgenError DATABASE_UNAVAILABLE (retryable), or CONFIGURATION_INVALID when the address or the user cannot be used
 */
export async function askDatabase(location: DatabaseLocation, content: DatabaseContent): Promise<void> {
  const place = placeOf(location);
  try {
    const source = await dataSourceOf(
      location,
      tablesOf(content),
      'work',
      statementLog(() => undefined),
    ).initialize();
    try {
      await source.query('SELECT 1');
    } finally {
      await source.destroy();
    }
  } catch (error) {
    throw openingError(place, error);
  }
}

/** Also setting up a file can meet another process that writes to it. */
async function connected(make: () => DataSource, now: () => number): Promise<DataSource> {
  const giveUpAt = now() + 10_000;
  for (let attempt = 1; ; attempt++) {
    try {
      return await make().initialize();
    } catch (error) {
      if (failureOfDriver(error) !== 'again' || now() >= giveUpAt) throw error;
      await backOff(Math.min(attempt, 4));
    }
  }
}

function openingError(place: string, error: unknown): unknown {
  if (error instanceof CfgenError) return error;
  const failure = failureOfDriver(error);
  return failure === 'other' ? error : databaseError(place, failure, error);
}

function databaseOn(dataSource: DataSource, place: string, { location, now }: OpenDatabaseOptions, statements: StatementLog): Database {
  const { kind } = location;
  const enter = kind === 'libsql' ? oneAtATime() : <T>(run: () => Promise<T>) => run();
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const attempt = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    enter(() => {
      const mark = { open: true };
      return runOnce(dataSource, kind, statements, now, (transaction) => inside.run(mark, () => work(transaction))).finally(
        () => (mark.open = false),
      );
    });

  const run = async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await attempt(work);
      } catch (error) {
        const failure = failureOf(error);
        if (failure === 'other') throw error;
        if (failure !== 'again' || tried >= attempts) throw databaseError(place, failure, error);
        await backOff(tried);
      }
    }
  };

  return {
    kind,
    async transaction(work) {
      if (closing !== undefined) throw closedError(place);
      if (inside.getStore()?.open === true) {
        // With libsql it would wait for the outer one, which waits for it.
        throw new CfgenError('INTERNAL', 'A transaction was begun inside another one', { hint: 'Pass the outer transaction on.' });
      }
      const result = run(work);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    async check() {
      if (closing !== undefined) throw closedError(place);
      try {
        // Reads the file, which `SELECT 1` would not.
        await dataSource.query('SELECT count(*) FROM migrations');
      } catch (error) {
        const failure = failureOfDriver(error);
        throw databaseError(place, failure === 'other' ? 'unavailable' : failure, error);
      }
    },
    close() {
      closing ??= Promise.allSettled([...running]).then(() => dataSource.destroy());
      return closing;
    },
  };
}

function closedError(place: string): CfgenError {
  return new CfgenError('DATABASE_UNAVAILABLE', `The database ${place} was closed`, { hint: 'Nothing is done after the shutdown.' });
}

/** TypeORM has one connection to a file of SQLite: transactions that ran side by side would be one. */
function oneAtATime(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(run, run);
    last = result.catch(() => undefined);
    return result;
  };
}
