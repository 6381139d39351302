/** The tables of the gateway as they were first made. The same SQL serves libsql and PostgreSQL. */
export const firstGatewayTables: readonly string[] = [
  `CREATE TABLE data_sets (
    id text NOT NULL PRIMARY KEY, kind text NOT NULL, state text NOT NULL, name text NOT NULL, sha256 text NOT NULL, bytes bigint NOT NULL,
    cells bigint, features bigint, format text, inspection text, problems text NOT NULL, error text,
    created_at bigint NOT NULL, deleted_at bigint)`,
  // The same content is kept once; a deleted one may come again.
  `CREATE UNIQUE INDEX data_sets_content ON data_sets (sha256, kind) WHERE deleted_at IS NULL`,
  `CREATE INDEX data_sets_by_time ON data_sets (created_at, id)`,
  `CREATE TABLE models (
    id text NOT NULL PRIMARY KEY, model_sha256 text NOT NULL, run_id text NOT NULL, data_set_id text NOT NULL, ref text NOT NULL,
    files text NOT NULL, cells bigint NOT NULL, features bigint NOT NULL, attributes text NOT NULL,
    created_at bigint NOT NULL, deleted_at bigint)`,
  `CREATE INDEX models_by_time ON models (created_at, id)`,
  `CREATE TABLE model_aliases (alias text NOT NULL PRIMARY KEY, model_id text NOT NULL, updated_at bigint NOT NULL)`,
  `CREATE INDEX model_aliases_by_model ON model_aliases (model_id)`,
  `CREATE TABLE runs (
    id text NOT NULL PRIMARY KEY, type text NOT NULL, hidden boolean NOT NULL, state text NOT NULL, request text NOT NULL, facts text NOT NULL,
    stages text NOT NULL, share double precision NOT NULL, share_at_start double precision NOT NULL,
    weight double precision NOT NULL, error text, problems text NOT NULL, model_id text,
    figures text NOT NULL, attempt bigint NOT NULL, sequence bigint NOT NULL,
    created_at bigint NOT NULL, started_at bigint, finished_at bigint)`,
  `CREATE INDEX runs_by_time ON runs (created_at, id)`,
  `CREATE INDEX runs_by_state ON runs (state)`,
  `CREATE TABLE run_steps (
    run_id text NOT NULL, "key" text NOT NULL, type text NOT NULL, job_id text NOT NULL, state text NOT NULL,
    weight double precision NOT NULL, inputs text NOT NULL,
    result text, checkpoint text NOT NULL, error text, created_at bigint NOT NULL, started_at bigint, finished_at bigint,
    PRIMARY KEY (run_id, "key"))`,
  `CREATE UNIQUE INDEX run_steps_by_job ON run_steps (job_id)`,
  `CREATE TABLE run_events (
    run_id text NOT NULL, sequence bigint NOT NULL, kind text NOT NULL, data text NOT NULL, created_at bigint NOT NULL,
    PRIMARY KEY (run_id, sequence))`,
  `CREATE TABLE artifacts (
    run_id text NOT NULL, name text NOT NULL, ref text NOT NULL, created_at bigint NOT NULL, PRIMARY KEY (run_id, name))`,
  `CREATE TABLE idempotency_keys (
    token text NOT NULL, "key" text NOT NULL, request_hash text NOT NULL, reserved_id text NOT NULL, response text,
    created_at bigint NOT NULL, expires_at bigint NOT NULL, PRIMARY KEY (token, "key"))`,
  `CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at)`,
  `CREATE TABLE api_tokens (
    id text NOT NULL PRIMARY KEY, name text NOT NULL, scope text NOT NULL, hash text NOT NULL,
    created_at bigint NOT NULL, expires_at bigint, last_used_at bigint, revoked_at bigint)`,
  `CREATE UNIQUE INDEX api_tokens_by_hash ON api_tokens (hash)`,
  `CREATE TABLE dead_letters (
    id text NOT NULL PRIMARY KEY, fingerprint text NOT NULL, topic text NOT NULL, partition bigint NOT NULL, "offset" text NOT NULL,
    "key" text NOT NULL, value text NOT NULL, truncated boolean NOT NULL, headers text NOT NULL, "group" text NOT NULL, reason text NOT NULL,
    failed_at bigint NOT NULL, replayed_at bigint, created_at bigint NOT NULL)`,
  `CREATE UNIQUE INDEX dead_letters_by_fingerprint ON dead_letters (fingerprint)`,
  `CREATE INDEX dead_letters_by_time ON dead_letters (created_at, id)`,
];
