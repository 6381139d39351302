import type { EntitySchema } from 'typeorm';
import { entityOf } from '../database/entity';
import { bigInteger, flag, integer, json, text } from '../database/columns';
import type { CheckpointRow, JobRow } from '../port/stage-rows';

/** A job, and when it may be claimed next: null when it has ended. */
export interface JobRecord extends JobRow {
  readonly nextAt: number | null;
}

export const jobEntity = entityOf<JobRecord>({
  name: 'job',
  columns: {
    id: text({ primary: true }),
    runId: text({ name: 'run_id' }),
    type: text(),
    idempotencyKey: text({ name: 'idempotency_key' }),
    command: json(),
    state: text(),
    attempts: integer(),
    maxAttempts: integer({ name: 'max_attempts' }),
    dueAt: bigInteger({ name: 'due_at' }),
    leaseOwner: text({ name: 'lease_owner', nullable: true }),
    leaseEpoch: integer({ name: 'lease_epoch' }),
    leaseExpiresAt: bigInteger({ name: 'lease_expires_at', nullable: true }),
    cancelRequested: flag({ name: 'cancel_requested' }),
    error: json({ nullable: true }),
    createdAt: bigInteger({ name: 'created_at' }),
    startedAt: bigInteger({ name: 'started_at', nullable: true }),
    finishedAt: bigInteger({ name: 'finished_at', nullable: true }),
    // For claims only; not part of what callers see.
    nextAt: bigInteger({ name: 'next_at', nullable: true, select: false }),
  },
});

export const checkpointEntity = entityOf<CheckpointRow>({
  name: 'checkpoint',
  columns: {
    jobId: text({ primary: true, name: 'job_id' }),
    step: bigInteger({ primary: true }),
    record: json(),
    refs: json(),
    createdAt: bigInteger({ name: 'created_at' }),
  },
});

export interface CancellationRecord {
  jobId: string;
  requestedAt: number;
}

/** Cancellations of jobs that have not come yet. */
export const cancellationEntity = entityOf<CancellationRecord>({
  name: 'cancellation',
  columns: { jobId: text({ primary: true, name: 'job_id' }), requestedAt: bigInteger({ name: 'requested_at' }) },
});

export const stageEntities: readonly EntitySchema[] = [jobEntity, checkpointEntity, cancellationEntity];
