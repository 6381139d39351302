import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import { CfgenError } from '@cfgen/contracts';
import type { DatabaseContent, DatabaseLocation } from '../port/database';
import { tablesOf, type Tables } from './content';
import { placeOf } from './data-sources';

/** Number of the PostgreSQL lock under which schemas are changed, one service at a time: "cfgen" in ASCII. */
const lockNumber = 0x6366_6765;

/**
 * Brings a database to the schema that this code knows, in one transaction: all steps or none, so that a failure leaves the old schema as it was.
 * Replicas that start together wait for each other.
 *
 * @throws CfgenError CONFIGURATION_INVALID when the database is newer than this code, or belongs to another kind of service
 */
export async function migrate(
  dataSource: DataSource,
  location: DatabaseLocation,
  content: DatabaseContent,
  tables: Tables,
  begin: (runner: QueryRunner) => Promise<void>,
): Promise<readonly string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    // Of SQLite: foreign keys are off while tables are rebuilt; has no effect inside a transaction.
    await runner.beforeMigration();
    await begin(runner);
    try {
      if (location.kind === 'postgres') {
        await runner.query(`SELECT pg_advisory_xact_lock(${lockNumber}, hashtext($1))`, [location.schema]);
        await createSchema(runner, location.schema);
        await checkSearchPath(runner, location);
      }
      const executor = new MigrationExecutor(dataSource, runner);
      const done = (await executor.getExecutedMigrations()).map(({ name }) => name);
      checkKnown(done, location, content, tables);
      const applied = await executor.executePendingMigrations();
      await runner.commitTransaction();
      return applied.map(({ name }) => name);
    } catch (error) {
      // The first error is the one to tell; when the connection is gone, so is the transaction.
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

/** Looks first: `IF NOT EXISTS` wants the right to create schemas even where there is nothing to create. */
async function createSchema(runner: QueryRunner, schema: string): Promise<void> {
  const found = (await runner.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])) as readonly unknown[];
  if (found.length === 0) await runner.query(`CREATE SCHEMA "${schema}"`);
}

/** Statements name tables without a schema. Options in the address replace ours, and rows of all services would end in one place. */
async function checkSearchPath(runner: QueryRunner, location: Extract<DatabaseLocation, { kind: 'postgres' }>): Promise<void> {
  const [row] = (await runner.query('SELECT current_schema() AS schema')) as readonly { readonly schema: string | null }[];
  if (row?.schema === location.schema) return;
  throw new CfgenError(
    'CONFIGURATION_INVALID',
    `The connection to ${placeOf(location)} looks for tables in the schema ${row?.schema ?? '(none)'}, not in ${location.schema}`,
    { hint: 'Leave "options" out of the address of the database; give the schema by its own setting.' },
  );
}

function checkKnown(done: readonly string[], location: DatabaseLocation, content: DatabaseContent, tables: Tables): void {
  const known = new Set(tables.migrations.map(({ name }) => name));
  const unknown = done.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const other: DatabaseContent = content === 'stage' ? 'gateway' : 'stage';
  if (tablesOf(other).migrations.some(({ name }) => unknown.includes(name))) {
    throw new CfgenError(
      'CONFIGURATION_INVALID',
      `The database ${placeOf(location)} holds the rows of a ${other}, not those of a ${content}`,
      {
        hint: 'Give each service a schema or a file of its own.',
        details: { migrations: unknown },
      },
    );
  }
  throw new CfgenError(
    'CONFIGURATION_INVALID',
    `The database ${placeOf(location)} is newer than this program: its schema has "${unknown.join('", "')}", which this version does not know`,
    { hint: 'Install the version of CFGen that wrote it, or a newer one; or restore a backup.', details: { migrations: unknown } },
  );
}
