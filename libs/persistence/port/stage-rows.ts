import type { BlobRef, Envelope, ErrorShape } from '@cfgen/contracts';
import type { Transaction } from './database';

/** Life of a job. `queued`, `running` and `retry_wait` go on; the other three are ends. */
export type JobState = 'queued' | 'running' | 'retry_wait' | 'succeeded' | 'failed' | 'cancelled';

/** A state of a job that a later attempt goes on from. */
export interface CheckpointRow {
  readonly jobId: string;
  /** Counts up; at most one checkpoint a step. */
  readonly step: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly refs: readonly BlobRef[];
  readonly createdAt: number;
}

/** All times are milliseconds since 1970. */
export interface JobRow {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly idempotencyKey: string;
  /** The command as it came. */
  readonly command: Envelope;
  readonly state: JobState;
  /** Attempts begun. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Not before this time. */
  readonly dueAt: number;
  readonly leaseOwner: string | null;
  /** Fencing number: grows with every claim. Whoever holds an older one changes nothing. */
  readonly leaseEpoch: number;
  readonly leaseExpiresAt: number | null;
  readonly cancelRequested: boolean;
  readonly error: ErrorShape | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A job under a lease. */
export interface ClaimedJob {
  readonly job: JobRow;
  /** Same as job.leaseEpoch: what every later change must present. */
  readonly epoch: number;
  readonly checkpoint: CheckpointRow | null;
}

/** A row of the outbox: written in the transaction of the change it tells of, published afterwards. */
export interface OutboxMessage {
  /** Grows; order of publication. */
  readonly sequence: number;
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface NewJob {
  readonly id: string;
  readonly runId: string;
  readonly type: string;
  readonly idempotencyKey: string;
  readonly command: Envelope;
  readonly maxAttempts: number;
  readonly now: number;
}

/** Who holds a job, and by which claim. */
export interface Lease {
  readonly jobId: string;
  readonly epoch: number;
}

/** How an attempt ended that may be tried again, or not. */
export type AttemptEnd =
  | { readonly state: 'succeeded' }
  | { readonly state: 'failed'; readonly error: ErrorShape }
  | { readonly state: 'cancelled' }
  | { readonly state: 'retry_wait'; readonly error: ErrorShape; readonly dueAt: number }
  /** Given back untried, as at a shutdown: the attempt does not count. */
  | { readonly state: 'queued' };

/** Jobs, their leases, cancellations and checkpoints. */
export interface JobRows {
  /** False when a job with this id or idempotency key is there. A job whose cancellation came first is inserted as cancelled: answers 'cancelled'. */
  insert(transaction: Transaction, job: NewJob): Promise<'inserted' | 'duplicate' | 'cancelled'>;
  /**
   * Takes the job that is due longest: queued, waiting for a retry, or running under a lease that has lapsed. Two workers never get the
   * same one (PostgreSQL: FOR UPDATE SKIP LOCKED; libsql: one UPDATE). Begins an attempt and a new epoch. A lapsed job whose attempts are
   * used up is returned too, with `attempts > maxAttempts`: the caller ends it as failed.
   */
  claim(transaction: Transaction, worker: string, now: number, leaseMs: number): Promise<ClaimedJob | null>;
  /** Prolongs a lease. `held: false`: the job is no longer ours. */
  renew(
    transaction: Transaction,
    lease: Lease,
    now: number,
    leaseMs: number,
  ): Promise<{ readonly held: boolean; readonly cancelRequested: boolean }>;
  /** Ends an attempt. Answers false, and changes nothing, when the lease is no longer ours: the caller must then not write to the outbox either. */
  end(transaction: Transaction, lease: Lease, end: AttemptEnd, now: number): Promise<boolean>;
  /** Puts a checkpoint on record, and forgets those before it. False when the lease is no longer ours. A step that is there already is left as it is. */
  checkpoint(
    transaction: Transaction,
    lease: Lease,
    checkpoint: { readonly step: number; readonly record: Readonly<Record<string, unknown>>; readonly refs: readonly BlobRef[] },
    now: number,
  ): Promise<boolean>;
  /**
   * Notes that jobs are to stop. Waiting ones are cancelled at once and returned, so that the caller can tell of it; running ones get the
   * mark, which the next renewal sees; unknown ones are remembered, so that a command that comes later is cancelled on arrival.
   */
  cancel(transaction: Transaction, jobIds: readonly string[], now: number): Promise<readonly JobRow[]>;
  find(transaction: Transaction, jobId: string): Promise<JobRow | null>;
  /** Jobs by state, for metrics. */
  counts(transaction: Transaction): Promise<Readonly<Record<JobState, number>>>;
  /** The time at which the next waiting job is due or the next lease lapses; null when there is none. */
  nextDue(transaction: Transaction): Promise<number | null>;
  /**
   * Lets every lease lapse now. Only for whoever knows that no other worker is alive: the single process that has a data folder, at its start.
   * Answers how many jobs can be taken again.
   */
  lapseAll(transaction: Transaction, now: number): Promise<number>;
  /** Removes ended jobs and their checkpoints, and cancellations, older than a time. */
  forget(transaction: Transaction, before: number): Promise<number>;
}
