import type { EntityManager, QueryRunner } from 'typeorm';
import { CfgenError } from '@cfgen/contracts';
import type { Transaction } from '../port/database';
import type { Dialect } from './dialect';

interface OpenTransaction {
  readonly runner: QueryRunner;
  readonly dialect: Dialect;
}

/** Transactions that are open. One that has ended is forgotten: with libsql its runner may already serve another. */
const open = new WeakMap<Transaction, OpenTransaction>();

export function openTransaction(runner: QueryRunner, dialect: Dialect): Transaction {
  const transaction = Object.freeze({}) as Transaction;
  open.set(transaction, { runner, dialect });
  return transaction;
}

export function endTransaction(transaction: Transaction): void {
  open.delete(transaction);
}

function stateOf(transaction: Transaction): OpenTransaction {
  const state = open.get(transaction);
  if (state === undefined) {
    throw new CfgenError('INTERNAL', 'A transaction was used after its end', {
      hint: 'Await every change before the work of a transaction returns.',
    });
  }
  return state;
}

/** TypeORM's manager of a transaction. Its locks (`setLock`) exist on PostgreSQL only: see `lockRows`. */
export function managerOf(transaction: Transaction): EntityManager {
  return stateOf(transaction).runner.manager;
}

export function dialectOf(transaction: Transaction): Dialect {
  return stateOf(transaction).dialect;
}

/**
 * What a query ends with that reads rows in order to change them. Transactions of PostgreSQL run side by side and see each other's commits
 * between two statements; those of libsql never do.
 */
export function lockRows(transaction: Transaction): '' | ' FOR UPDATE' {
  return dialectOf(transaction) === 'postgres' ? ' FOR UPDATE' : '';
}

/** A row as the driver gives it: names of columns, bigint as number, JSON as text, booleans as true and false or 1 and 0. */
export type RawRow = Readonly<Record<string, unknown>>;

export interface StatementResult {
  /** Rows of a SELECT or of RETURNING. */
  readonly rows: readonly RawRow[];
  /** Rows found or changed. */
  readonly affected: number;
}

/**
 * Runs one SQL statement and answers the same on both databases; also for `INSERT .. ON CONFLICT DO NOTHING RETURNING` and
 * `UPDATE .. RETURNING`, whose answers differ between the drivers.
 *
 * Parameters are written `:name`; an array becomes a list, for `IN (:names)`, and must not be empty.
 */
export async function statement(
  transaction: Transaction,
  sql: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<StatementResult> {
  const { runner, dialect } = stateOf(transaction);
  const bound = bindParameters(sql, parameters, dialect);
  const result = await runner.query(bound.sql, bound.values, true);
  const rows = (result.records as RawRow[] | undefined) ?? [];
  return { rows, affected: result.affected ?? rows.length };
}

/** The value of a boolean column in a raw row. */
export function asFlag(value: unknown): boolean {
  return value === true || value === 1;
}

function bindParameters(
  sql: string,
  parameters: Readonly<Record<string, unknown>>,
  dialect: Dialect,
): { readonly sql: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const mark = dialect === 'postgres' ? '$' : '?';
  const places = new Map<string, string>();
  const placeOf = (name: string): string => {
    const known = places.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(parameters, name)) throw new CfgenError('INTERNAL', `A statement lacks its parameter ${name}`, { details: { sql } });
    const value = parameters[name];
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    const place = all.map((one) => `${mark}${values.push(one ?? null)}`).join(', ');
    places.set(name, place);
    return place;
  };
  // Not the second colon of a PostgreSQL cast (`::bigint`).
  return { sql: sql.replace(/(?<![:\w]):([a-z]\w*)/gi, (_match, name: string) => placeOf(name)), values };
}
