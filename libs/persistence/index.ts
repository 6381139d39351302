export { askDatabase, openDatabase, type OpenDatabaseOptions } from './database/open-database';
export type { Database, DatabaseContent, DatabaseLocation, Transaction } from './port/database';
export type { InboxRows, OutboxEntry, OutboxRows } from './port/shared-rows';
export type { AttemptEnd, CheckpointRow, ClaimedJob, JobRow, JobRows, JobState, Lease, NewJob, OutboxMessage } from './port/stage-rows';
export { inboxRows } from './shared/inbox-rows';
export { outboxRows } from './shared/outbox-rows';
export { jobRows } from './stage/job-rows';
export { apiTokenRows, idempotencyRows } from './gateway/access-rows';
export { dataSetRows } from './gateway/data-set-rows';
export { deadLetterRows } from './gateway/dead-letter-rows';
export type {
  ApiTokenRow,
  ArtifactRow,
  DataSetRow,
  DeadLetterRow,
  FileRow,
  IdempotencyRow,
  ModelAliasRow,
  ModelRow,
  RunEventRow,
  RunRow,
  RunRowState,
  RunStepRow,
  RunStepState,
} from './gateway/gateway-rows';
export { modelAliasRows, modelRows } from './gateway/model-rows';
export type { PageCursor, PageRequest, RowPage } from './gateway/page';
export { artifactRows, runEventRows, runRows, runStepRows, type StepSummaryRow } from './gateway/run-rows';
