import { migrationOf, type Migration } from '../database/migration';

/** Jobs of a stage service. */
export const stageMigrations: readonly Migration[] = [
  migrationOf('StageTables1795600000002', () => [
    `CREATE TABLE job (
      id text NOT NULL PRIMARY KEY,
      run_id text NOT NULL,
      type text NOT NULL,
      idempotency_key text NOT NULL UNIQUE,
      command text NOT NULL,
      state text NOT NULL,
      attempts integer NOT NULL,
      max_attempts integer NOT NULL,
      due_at bigint NOT NULL,
      lease_owner text,
      lease_epoch integer NOT NULL,
      lease_expires_at bigint,
      cancel_requested boolean NOT NULL,
      error text,
      created_at bigint NOT NULL,
      started_at bigint,
      finished_at bigint
    )`,
    `CREATE TABLE checkpoint (
      job_id text NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      step bigint NOT NULL,
      record text NOT NULL,
      refs text NOT NULL,
      created_at bigint NOT NULL,
      PRIMARY KEY (job_id, step)
    )`,
    `CREATE TABLE cancellation (
      job_id text NOT NULL PRIMARY KEY,
      requested_at bigint NOT NULL
    )`,
  ]),
  // When a job may be claimed next, whatever its state; null when it has ended. So a claim reads one end of one small index, however many
  // jobs have ended.
  migrationOf('StageClaims1795600000004', () => [
    'ALTER TABLE job ADD COLUMN next_at bigint',
    `UPDATE job SET next_at = CASE
       WHEN state IN ('queued', 'retry_wait') THEN due_at
       WHEN state = 'running' THEN COALESCE(lease_expires_at, due_at)
     END`,
    'CREATE INDEX job_next ON job (next_at, id) WHERE next_at IS NOT NULL',
    'CREATE INDEX job_state ON job (state, finished_at)',
    'CREATE INDEX cancellation_requested ON cancellation (requested_at)',
  ]),
];
