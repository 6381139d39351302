import { toJson } from '../database/columns';
import { managerOf, statement } from '../database/transactions';
import type { Transaction } from '../port/database';
import type { CheckpointRow } from '../port/stage-rows';
import { checkpointEntity } from './entities';

export async function latestCheckpoint(transaction: Transaction, jobId: string): Promise<CheckpointRow | null> {
  return managerOf(transaction)
    .createQueryBuilder(checkpointEntity, 'checkpoint')
    .where('checkpoint.jobId = :jobId', { jobId })
    .orderBy('checkpoint.step', 'DESC')
    .limit(1)
    .getOne();
}

/** Adds a checkpoint and forgets those before it; a step that is there already is left as it is. */
export async function addCheckpoint(transaction: Transaction, checkpoint: CheckpointRow): Promise<void> {
  const { jobId, step, record, refs, createdAt } = checkpoint;
  await statement(
    transaction,
    `INSERT INTO checkpoint (job_id, step, record, refs, created_at) VALUES (:jobId, :step, :record, :refs, :createdAt)
     ON CONFLICT DO NOTHING`,
    { jobId, step, record: toJson(record), refs: toJson(refs), createdAt },
  );
  await statement(
    transaction,
    'DELETE FROM checkpoint WHERE job_id = :jobId AND step < (SELECT max(step) FROM checkpoint WHERE job_id = :jobId)',
    { jobId },
  );
}

/** Removes ended jobs, with their checkpoints, and cancellations of jobs that never came. Answers how many jobs. */
export async function forgetJobs(transaction: Transaction, before: number): Promise<number> {
  await statement(transaction, 'DELETE FROM cancellation WHERE requested_at < :before', { before });
  const { affected } = await statement(
    transaction,
    "DELETE FROM job WHERE state IN ('succeeded', 'failed', 'cancelled') AND finished_at < :before",
    { before },
  );
  return affected;
}
