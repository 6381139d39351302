export type { Database, DatabaseContent, DatabaseLocation, Transaction } from './port/database';
export type { InboxRows, OutboxEntry, OutboxRows } from './port/shared-rows';
export type { AttemptEnd, CheckpointRow, ClaimedJob, JobRow, JobRows, JobState, Lease, NewJob, OutboxMessage } from './port/stage-rows';
