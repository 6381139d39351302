import type { Envelope } from '@cfgen/contracts';
import type { Database } from '../port/database';
import type { ClaimedJob, JobRow, NewJob } from '../port/stage-rows';
import { jobRows } from '../stage/job-rows';

/** A clock for rows; databases keep times as they are given. */
export const start = 1_790_000_000_000;
export const leaseMs = 60_000;

export function command(jobId: string, data: Envelope['data'] = {}): Envelope {
  return {
    id: `message-of-${jobId}`,
    type: 'EncodeCells',
    schemaVersion: 1,
    occurredAt: '2026-09-01T00:00:00.000Z',
    runId: 'run',
    jobId,
    idempotencyKey: `key-of-${jobId}`,
    correlationId: '',
    causationId: '',
    producer: 'spec',
    traceparent: '',
    data,
    refs: [],
  };
}

export function newJob(id: string, change: Partial<NewJob> = {}): NewJob {
  return {
    id,
    runId: 'run',
    type: 'EncodeCells',
    idempotencyKey: `key-of-${id}`,
    command: command(id),
    maxAttempts: 3,
    now: start,
    ...change,
  };
}

export const failure = {
  code: 'COMPUTE_CRASHED' as const,
  message: 'The child ended with signal 9',
  retryable: true,
  details: { signal: 9 },
};

export function addJob(database: Database, id: string, change: Partial<NewJob> = {}): Promise<'inserted' | 'duplicate' | 'cancelled'> {
  return database.transaction((transaction) => jobRows.insert(transaction, newJob(id, change)));
}

export function claim(database: Database, worker: string, now = start): Promise<ClaimedJob | null> {
  return database.transaction((transaction) => jobRows.claim(transaction, worker, now, leaseMs));
}

export async function find(database: Database, jobId: string): Promise<JobRow> {
  const job = await database.transaction((transaction) => jobRows.find(transaction, jobId));
  if (job === null) throw new Error(`There is no job ${jobId}`);
  return job;
}
