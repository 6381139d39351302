import { migrationOf, type Migration } from '../database/migration';

/** Inbox and outbox, which every database has. */
export const sharedMigrations: readonly Migration[] = [
  migrationOf('SharedTables1795600000001', (dialect) => [
    `CREATE TABLE inbox (
      consumer text NOT NULL,
      message_id text NOT NULL,
      received_at bigint NOT NULL,
      PRIMARY KEY (consumer, message_id)
    )`,
    // AUTOINCREMENT: a number is never used again, so that the order of publication is that of writing.
    `CREATE TABLE outbox (
      sequence ${dialect === 'postgres' ? 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY' : 'integer NOT NULL PRIMARY KEY AUTOINCREMENT'},
      producer text NOT NULL,
      topic text NOT NULL,
      key text NOT NULL,
      value text NOT NULL,
      headers text NOT NULL,
      created_at bigint NOT NULL
    )`,
  ]),
  migrationOf('SharedIndexes1795600000003', () => ['CREATE INDEX inbox_received ON inbox (received_at)']),
];
