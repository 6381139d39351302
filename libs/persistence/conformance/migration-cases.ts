import { describe, expect, it } from 'vitest';
import { tablesOf } from '../database/content';
import { dataSourceOf } from '../database/data-sources';
import { migrationOf } from '../database/migration';
import { openDatabase, openTables } from '../database/open-database';
import { statementLog } from '../database/statement-log';
import { statement } from '../database/transactions';
import type { Database, DatabaseContent, DatabaseLocation } from '../port/database';
import { inboxRows } from '../shared/inbox-rows';
import { jobRows } from '../stage/job-rows';
import { addJob, claim, command, find, start } from '../testing/rows';

const contents: readonly DatabaseContent[] = ['stage', 'gateway'];

export function describeMigrations(newLocation: () => DatabaseLocation, now: () => number): void {
  const opened = async <T>(database: Promise<Database>, work: (database: Database) => Promise<T>): Promise<T> => {
    const ready = await database;
    return work(ready).finally(() => ready.close());
  };
  const tablesIn = (database: Database): Promise<string[]> =>
    database.transaction(async (transaction) => {
      const sql =
        database.kind === 'postgres'
          ? 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1'
          : "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1";
      return (await statement(transaction, sql)).rows.map(({ name }) => String(name));
    });

  describe('migrations', () => {
    it.each(contents)('are several for a %s, each with a name of its own and a time', (content) => {
      const names = tablesOf(content).migrations.map(({ name }) => name);
      expect(names.length).toBeGreaterThanOrEqual(2);
      expect(new Set(names.map((name) => name.slice(-13))).size).toBe(names.length);
      expect(names.every((name) => /^[A-Z]\w*\d{13}$/.test(name))).toBe(true);
    });

    it.each(contents)('make the tables of a %s as its entities describe them', async (content) => {
      const location = newLocation();
      await opened(openDatabase({ location, content, now }), async () => undefined);
      const source = await dataSourceOf(
        location,
        tablesOf(content),
        'work',
        statementLog(() => undefined),
      ).initialize();
      try {
        const runner = source.createQueryRunner();
        for (const entity of source.entityMetadatas) {
          const table = await runner.getTable(entity.tablePath);
          const described = entity.columns.map((column) => [
            column.databaseName,
            // SQLite counts up integers only, which hold as much as a bigint there.
            column.isGenerated && location.kind === 'libsql' ? 'integer' : source.driver.normalizeType(column),
            column.isNullable,
            column.isPrimary,
          ]);
          const made = table?.columns.map((column) => [column.name, column.type, column.isNullable, column.isPrimary]);
          expect([...(made ?? [])].sort(), entity.tableName).toEqual(described.sort());
        }
        await runner.release();
      } finally {
        await source.destroy();
      }
    });

    it('bring a database of the first version forward and keep its rows', async () => {
      const location = newLocation();
      const { entities, migrations } = tablesOf('stage');
      const first = ['SharedTables1795600000001', 'StageTables1795600000002'];
      const old = { entities, migrations: migrations.filter(({ name }) => first.includes(name)) };
      await opened(openTables({ location, content: 'stage', now }, old), (database) =>
        database.transaction(async (transaction) => {
          // As the first version wrote it.
          for (const [id, state, dueAt, expiresAt] of [
            ['waiting', 'queued', start + 3, null],
            ['again', 'retry_wait', start + 2, null],
            ['lost', 'running', start, start + 1],
            ['done', 'succeeded', start, null],
          ]) {
            await statement(
              transaction,
              `INSERT INTO job (id, run_id, type, idempotency_key, command, state, attempts, max_attempts, due_at, lease_epoch, lease_expires_at,
                 cancel_requested, created_at)
               VALUES (:id, 'run', 'EncodeCells', :id, :command, :state, 1, 3, :dueAt, 4, :expiresAt, :no, 0)`,
              { id, state, dueAt, expiresAt, command: JSON.stringify(command(String(id))), no: false },
            );
          }
          await inboxRows.remember(transaction, 'spec', 'message', start);
        }),
      );
      await opened(openDatabase({ location, content: 'stage', now }), async (database) => {
        expect(await database.transaction((transaction) => inboxRows.remember(transaction, 'spec', 'message', start))).toBe(false);
        const claimed = [];
        for (let job = await claim(database, 'w', start + 10); job !== null; job = await claim(database, 'w', start + 10)) {
          claimed.push([job.job.id, job.epoch, job.job.command.jobId]);
        }
        expect(claimed).toEqual([
          ['lost', 5, 'lost'],
          ['again', 5, 'again'],
          ['waiting', 5, 'waiting'],
        ]);
        expect((await find(database, 'done')).state).toBe('succeeded');
      });
    });

    it('refuse a database that is newer than the program, and leave it as it is', async () => {
      const location = newLocation();
      const tables = tablesOf('stage');
      const newer = [...tables.migrations, migrationOf('Tomorrow1999999999999', () => ['CREATE TABLE tomorrow (id text)'])];
      await opened(openTables({ location, content: 'stage', now }, { ...tables, migrations: newer }), (database) => addJob(database, 'a'));
      await expect(openDatabase({ location, content: 'stage', now })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringMatching(/newer than this program.*Tomorrow1999999999999/),
        retryable: false,
      });
      await opened(openTables({ location, content: 'stage', now }, { ...tables, migrations: newer }), (database) => find(database, 'a'));
    });

    it('refuse the database of another kind of service', async () => {
      const location = newLocation();
      await opened(openDatabase({ location, content: 'stage', now }), async () => undefined);
      await expect(openDatabase({ location, content: 'gateway', now })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining('holds the rows of a stage'),
      });
    });

    it('that fail leave the old schema, and all steps of the attempt undone', async () => {
      const location = newLocation();
      const tables = tablesOf('stage');
      await opened(openDatabase({ location, content: 'stage', now }), (database) => addJob(database, 'a'));
      const broken = [
        ...tables.migrations,
        migrationOf('Good1799999999991', () => ['CREATE TABLE half (id text)', 'ALTER TABLE job ADD COLUMN extra text']),
        migrationOf('Bad1799999999992', () => ['DROP TABLE inbox', 'CREATE TABLE job (id text)']),
      ];
      await expect(openTables({ location, content: 'stage', now }, { ...tables, migrations: broken })).rejects.toThrow(/already exists/);
      await opened(openDatabase({ location, content: 'stage', now }), async (database) => {
        expect(await tablesIn(database)).toEqual(expect.arrayContaining(['inbox', 'job']));
        expect(await tablesIn(database)).not.toContain('half');
        await find(database, 'a');
      });
    });

    it('are run once by replicas that start together', async () => {
      const location = newLocation();
      const replicas = await Promise.all(Array.from({ length: 4 }, () => openDatabase({ location, content: 'stage', now })));
      await addJob(replicas[0]!, 'a');
      await Promise.all(replicas.map((replica) => find(replica, 'a')));
      await Promise.all(replicas.map((replica, i) => addJob(replica, `job-${i}`)));
      expect(await replicas[3]!.transaction((transaction) => jobRows.counts(transaction))).toMatchObject({ queued: 5 });
      await Promise.all(replicas.map((replica) => replica.close()));
    });
  });
}
