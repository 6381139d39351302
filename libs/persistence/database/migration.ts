import type { QueryRunner } from 'typeorm';
import type { Dialect } from './dialect';

/**
 * One step of a schema, from one version to the next.
 *
 * - The name ends in 13 digits, milliseconds since 1970: steps run in that order, all of them in one transaction, and each once.
 * - A step that was released is never changed: a database may have run it. Write another one.
 * - Steps only go forward. There is no way back but a backup.
 * - Plain SQL that both databases read is best: `text`, `integer`, `bigint` (times, in milliseconds), `boolean`, `PRIMARY KEY`, `UNIQUE`,
 *   `REFERENCES .. ON DELETE CASCADE`, `CREATE INDEX .. WHERE`, `ALTER TABLE .. ADD COLUMN`. JSON is `text`. Write `NOT NULL` on key columns
 *   too: SQLite does not take it for granted. Tables are named without a schema: the search path holds the one of the service.
 * - Where they differ (numbers that count up by themselves, changes of a column), look at `dialect`, or use the table functions of the runner
 *   (`runner.addColumn(..)`, `runner.changeColumn(..)`), which rebuild a table of SQLite when they must.
 */
export interface Migration {
  readonly name: string;
  up(runner: QueryRunner, dialect: Dialect): Promise<void>;
}

/** A migration of plain statements. */
export function migrationOf(name: string, statements: (dialect: Dialect) => readonly string[]): Migration {
  return {
    name,
    async up(runner, dialect) {
      for (const sql of statements(dialect)) await runner.query(sql);
    },
  };
}
