export { openDatabase, type OpenDatabaseOptions } from './database/open-database';
export type { Database, DatabaseContent, DatabaseLocation, Transaction } from './port/database';
export type { InboxRows, OutboxEntry, OutboxRows } from './port/shared-rows';
export type { AttemptEnd, CheckpointRow, ClaimedJob, JobRow, JobRows, JobState, Lease, NewJob, OutboxMessage } from './port/stage-rows';
export { inboxRows } from './shared/inbox-rows';
export { outboxRows } from './shared/outbox-rows';
export { jobRows } from './stage/job-rows';
