import { expect, it } from 'vitest';
import { statement } from '../database/transactions';
import type { Database } from '../port/database';
import { newJob, start } from '../testing/rows';
import { jobRows, nextJobSql } from '../stage/job-rows';

/** A claim that read all jobs would grow with all that was ever done. */
export function describeClaimPlan(open: () => Promise<Database>): void {
  it('finds the next job by an index, however many have ended', async () => {
    const database = await open();
    await database.transaction(async (transaction) => {
      const numbers =
        database.kind === 'postgres'
          ? 'SELECT generate_series(1, 5000) AS i'
          : 'WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 5000) SELECT i FROM numbers';
      await statement(
        transaction,
        `INSERT INTO job (id, run_id, type, idempotency_key, command, state, attempts, max_attempts, due_at, lease_epoch, cancel_requested,
           created_at, finished_at)
         SELECT 'ended-' || i, 'run', 'EncodeCells', 'ended-' || i, '{}', 'succeeded', 1, 3, 0, 1, :no, 0, 1 FROM (${numbers}) AS ended`,
        { no: false },
      );
      for (let i = 0; i < 50; i++) await jobRows.insert(transaction, newJob(`queued-${i}`));
      await statement(transaction, 'ANALYZE');
    });
    const explain = database.kind === 'postgres' ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN';
    const plan = await database.transaction((transaction) =>
      statement(transaction, `${explain} ${nextJobSql(database.kind)}`, { now: start }),
    );
    const steps = plan.rows.map((row) => Object.values(row).join(' ')).join('\n');
    expect(steps).toMatch(/job_next/);
    expect(steps).not.toMatch(/Seq Scan|SCAN job\b(?! USING)/);
  });
}
