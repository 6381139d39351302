import type { Dialect } from '../database/dialect';
import { asFlag, dialectOf, lockRows, managerOf, statement } from '../database/transactions';
import { toJson } from '../database/columns';
import type { Transaction } from '../port/database';
import type { AttemptEnd, JobRow, JobRows, JobState, Lease } from '../port/stage-rows';
import { addCheckpoint, forgetJobs, latestCheckpoint } from './checkpoints';
import { jobEntity } from './entities';

/** Jobs, their leases, cancellations and checkpoints; the same on both databases. */
export const jobRows: JobRows = {
  async insert(transaction, job) {
    await lockJobs(transaction, [job.id]);
    const withdrawn = await statement(transaction, 'DELETE FROM cancellation WHERE job_id = :id', { id: job.id });
    const cancelled = withdrawn.affected > 0;
    const { rows } = await statement(
      transaction,
      `INSERT INTO job (id, run_id, type, idempotency_key, command, state, attempts, max_attempts, due_at, next_at, lease_epoch,
         cancel_requested, created_at, finished_at)
       VALUES (:id, :runId, :type, :idempotencyKey, :command, :state, 0, :maxAttempts, :now, :nextAt, 0, :cancelled, :now, :finishedAt)
       ON CONFLICT DO NOTHING RETURNING id`,
      {
        ...job,
        command: toJson(job.command),
        state: cancelled ? 'cancelled' : 'queued',
        nextAt: cancelled ? null : job.now,
        cancelled,
        finishedAt: cancelled ? job.now : null,
      },
    );
    if (rows.length === 0) return 'duplicate';
    return cancelled ? 'cancelled' : 'inserted';
  },

  async claim(transaction, worker, now, leaseMs) {
    const { rows } = await statement(
      transaction,
      `UPDATE job SET state = 'running', attempts = attempts + 1, lease_owner = :worker, lease_epoch = lease_epoch + 1,
         lease_expires_at = :expiresAt, next_at = :expiresAt, started_at = COALESCE(started_at, :now)
       WHERE id = (${nextJobSql(dialectOf(transaction))})
       RETURNING id`,
      { worker, now, expiresAt: now + leaseMs },
    );
    const [job] = await findAll(
      transaction,
      rows.map(({ id }) => String(id)),
    );
    return job === undefined ? null : { job, epoch: job.leaseEpoch, checkpoint: await latestCheckpoint(transaction, job.id) };
  },

  async renew(transaction, lease, now, leaseMs) {
    const { rows } = await statement(
      transaction,
      `UPDATE job SET lease_expires_at = :expiresAt, next_at = :expiresAt WHERE ${held} RETURNING cancel_requested`,
      { ...lease, expiresAt: now + leaseMs },
    );
    return { held: rows.length === 1, cancelRequested: asFlag(rows[0]?.cancel_requested) };
  },

  async end(transaction, lease, end, now) {
    const { affected } = await statement(
      transaction,
      `UPDATE job SET state = :state, error = :error, lease_owner = NULL, lease_expires_at = NULL, ${changeOf(end)} WHERE ${held}`,
      {
        ...lease,
        state: end.state,
        error: 'error' in end ? toJson(end.error) : null,
        ...('dueAt' in end ? { dueAt: end.dueAt } : {}),
        now,
      },
    );
    return affected === 1;
  },

  async checkpoint(transaction, lease, checkpoint, now) {
    if (!(await holds(transaction, lease))) return false;
    await addCheckpoint(transaction, { ...checkpoint, jobId: lease.jobId, createdAt: now });
    return true;
  },

  async cancel(transaction, jobIds, now) {
    if (jobIds.length === 0) return [];
    await lockJobs(transaction, jobIds);
    // One statement, so that a job which changes its state at this moment is either stopped here or marked, and never missed.
    const { rows } = await statement(
      transaction,
      `UPDATE job SET cancel_requested = :yes,
         state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END,
         finished_at = CASE WHEN state = 'running' THEN finished_at ELSE :now END,
         next_at = CASE WHEN state = 'running' THEN next_at END
       WHERE id IN (:jobIds) AND state IN ('queued', 'retry_wait', 'running')
       RETURNING id, state`,
      { jobIds, now, yes: true },
    );
    const known = new Set((await statement(transaction, 'SELECT id FROM job WHERE id IN (:jobIds)', { jobIds })).rows.map(({ id }) => id));
    for (const jobId of new Set(jobIds)) {
      if (known.has(jobId)) continue;
      await statement(transaction, 'INSERT INTO cancellation (job_id, requested_at) VALUES (:jobId, :now) ON CONFLICT DO NOTHING', {
        jobId,
        now,
      });
    }
    return findAll(
      transaction,
      rows.filter(({ state }) => state === 'cancelled').map(({ id }) => String(id)),
    );
  },

  async find(transaction, jobId) {
    return (await findAll(transaction, [jobId]))[0] ?? null;
  },

  async counts(transaction) {
    const counts: Record<JobState, number> = { queued: 0, running: 0, retry_wait: 0, succeeded: 0, failed: 0, cancelled: 0 };
    const { rows } = await statement(transaction, 'SELECT state, count(*) AS jobs FROM job GROUP BY state');
    for (const { state, jobs } of rows) counts[state as JobState] = Number(jobs);
    return counts;
  },

  async nextDue(transaction) {
    const { rows } = await statement(transaction, 'SELECT min(next_at) AS next_at FROM job WHERE next_at IS NOT NULL');
    const nextAt = rows[0]?.next_at ?? null;
    return nextAt === null ? null : Number(nextAt);
  },

  async lapseAll(transaction, now) {
    const { affected } = await statement(
      transaction,
      `UPDATE job SET lease_expires_at = :now, next_at = :now WHERE state = 'running' AND lease_expires_at > :now`,
      { now },
    );
    return affected;
  },

  forget: forgetJobs,
};

/**
 * The job that a claim takes: the first entry of one index, which holds only jobs that have not ended.
 * In PostgreSQL each worker passes over the row that another one is taking; SQLite has one writer at a time.
 */
export function nextJobSql(dialect: Dialect): string {
  return `SELECT id FROM job WHERE next_at <= :now ORDER BY next_at, id LIMIT 1 ${dialect === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : ''}`;
}

/** The fence: whoever held a job before, and lost it, changes nothing. */
const held = "id = :jobId AND lease_epoch = :epoch AND state = 'running'";

/** What else changes at the end of an attempt. A job that is to be cancelled does not wait for its next try. */
function changeOf(end: AttemptEnd): string {
  const waiting = (dueAt: string): string =>
    `due_at = ${dueAt}, next_at = CASE WHEN cancel_requested THEN CAST(:now AS bigint) ELSE ${dueAt} END`;
  switch (end.state) {
    case 'queued':
      return `attempts = attempts - 1, ${waiting('due_at')}`;
    case 'retry_wait':
      return waiting('CAST(:dueAt AS bigint)');
    default:
      return 'next_at = NULL, finished_at = :now';
  }
}

async function holds(transaction: Transaction, lease: Lease): Promise<boolean> {
  const { rows } = await statement(transaction, `SELECT id FROM job WHERE ${held}${lockRows(transaction)}`, { ...lease });
  return rows.length === 1;
}

async function findAll(transaction: Transaction, ids: readonly string[]): Promise<readonly JobRow[]> {
  if (ids.length === 0) return [];
  return managerOf(transaction).createQueryBuilder(jobEntity, 'job').where('job.id IN (:...ids)', { ids }).orderBy('job.id').getMany();
}

/**
 * Keeps the arrival and the cancellation of a job apart: side by side, neither would see what the other writes, and the job would run.
 * In order, so that two callers do not wait for each other.
 */
async function lockJobs(transaction: Transaction, jobIds: readonly string[]): Promise<void> {
  if (dialectOf(transaction) !== 'postgres') return;
  await statement(
    transaction,
    `SELECT pg_advisory_xact_lock(number) FROM
       (SELECT DISTINCT hashtextextended(id, 0) AS number FROM unnest(ARRAY[:jobIds]::text[]) AS id ORDER BY number) AS numbers`,
    { jobIds },
  );
}
