import { describe, expect, it } from 'vitest';
import type { Database } from '../port/database';
import type { AttemptEnd, Lease } from '../port/stage-rows';
import { jobRows } from '../stage/job-rows';
import { addJob, claim, command, failure, find, leaseMs, newJob, start } from '../testing/rows';

export function describeJobs(open: () => Promise<Database>): void {
  const end = (database: Database, lease: Lease, how: AttemptEnd, now = start): Promise<boolean> =>
    database.transaction((transaction) => jobRows.end(transaction, lease, how, now));
  const cancel = (database: Database, ids: readonly string[], now = start) =>
    database.transaction((transaction) => jobRows.cancel(transaction, ids, now));
  const renew = (database: Database, lease: Lease, now = start) =>
    database.transaction((transaction) => jobRows.renew(transaction, lease, now, leaseMs));
  const checkpoint = (database: Database, lease: Lease, step: number, record: Record<string, unknown> = { step }) =>
    database.transaction((transaction) => jobRows.checkpoint(transaction, lease, { step, record, refs: [] }, start + step));
  const nextDue = (database: Database) => database.transaction((transaction) => jobRows.nextDue(transaction));

  describe('jobs', () => {
    it('are taken in once, by id and by the key of the work', async () => {
      const database = await open();
      expect(await addJob(database, 'a')).toBe('inserted');
      expect(await addJob(database, 'a', { idempotencyKey: 'other', command: command('other') })).toBe('duplicate');
      expect(await addJob(database, 'b', { idempotencyKey: 'key-of-a' })).toBe('duplicate');
      expect((await find(database, 'a')).command).toEqual(command('a'));
      expect(await database.transaction((transaction) => jobRows.find(transaction, 'b'))).toBeNull();
    });

    it('are claimed by how long they are due', async () => {
      const database = await open();
      await addJob(database, 'second', { now: start + 1 });
      await addJob(database, 'first', { now: start });
      await addJob(database, 'later', { now: start + 100 });
      expect((await claim(database, 'w', start + 1))!.job.id).toBe('first');
      expect((await claim(database, 'w', start + 1))!.job.id).toBe('second');
      expect(await claim(database, 'w', start + 1)).toBeNull();
    });

    it('begin an attempt and an epoch with each claim', async () => {
      const database = await open();
      await addJob(database, 'a');
      const claimed = (await claim(database, 'worker-1', start + 5))!;
      expect(claimed).toMatchObject({ epoch: 1, checkpoint: null });
      expect(claimed.job).toEqual({
        ...(({ now: _now, ...job }) => job)(newJob('a')),
        state: 'running',
        attempts: 1,
        dueAt: start,
        leaseOwner: 'worker-1',
        leaseEpoch: 1,
        leaseExpiresAt: start + 5 + leaseMs,
        cancelRequested: false,
        error: null,
        createdAt: start,
        startedAt: start + 5,
        finishedAt: null,
      });
    });

    it('end once', async () => {
      const database = await open();
      for (const [id, how] of [
        ['a', { state: 'succeeded' }],
        ['b', { state: 'failed', error: failure }],
        ['c', { state: 'cancelled' }],
      ] as const) {
        await addJob(database, id);
        const lease = { jobId: id, epoch: (await claim(database, 'w'))!.epoch };
        expect(await end(database, lease, how, start + 7)).toBe(true);
        expect(await end(database, lease, { state: 'succeeded' }, start + 8)).toBe(false);
        expect(await find(database, id)).toMatchObject({
          state: how.state,
          finishedAt: start + 7,
          leaseOwner: null,
          leaseExpiresAt: null,
          error: 'error' in how ? how.error : null,
        });
      }
      expect(await claim(database, 'w', start + 10 * leaseMs)).toBeNull();
      expect(await nextDue(database)).toBeNull();
    });

    it('wait for another attempt until they are due', async () => {
      const database = await open();
      await addJob(database, 'a');
      await claim(database, 'w');
      expect(await end(database, { jobId: 'a', epoch: 1 }, { state: 'retry_wait', error: failure, dueAt: start + 500 })).toBe(true);
      expect(await find(database, 'a')).toMatchObject({
        state: 'retry_wait',
        attempts: 1,
        error: failure,
        dueAt: start + 500,
        finishedAt: null,
      });
      expect(await nextDue(database)).toBe(start + 500);
      expect(await claim(database, 'w', start + 499)).toBeNull();
      expect((await claim(database, 'w', start + 500))!.job).toMatchObject({ attempts: 2, leaseEpoch: 2, startedAt: start });
    });

    it('given back untried do not count the attempt, and keep their place', async () => {
      const database = await open();
      await addJob(database, 'a');
      await addJob(database, 'b', { now: start + 1 });
      await claim(database, 'w', start + 2);
      expect(await end(database, { jobId: 'a', epoch: 1 }, { state: 'queued' }, start + 3)).toBe(true);
      expect(await find(database, 'a')).toMatchObject({ state: 'queued', attempts: 0, leaseEpoch: 1, leaseOwner: null });
      expect((await claim(database, 'w', start + 3))!).toMatchObject({ epoch: 2, job: { id: 'a', attempts: 1 } });
    });

    it('whose lease lapsed go to another worker, and the first one changes nothing any more', async () => {
      const database = await open();
      await addJob(database, 'a');
      const first = { jobId: 'a', epoch: (await claim(database, 'slow'))!.epoch };
      expect(await checkpoint(database, first, 1)).toBe(true);
      expect(await claim(database, 'other', start + leaseMs - 1)).toBeNull();
      const second = (await claim(database, 'other', start + leaseMs))!;
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(second).toMatchObject({ job: { attempts: 2, leaseOwner: 'other' }, checkpoint: { step: 1, record: { step: 1 } } });

      const before = await find(database, 'a');
      expect(await renew(database, first, start + leaseMs)).toEqual({ held: false, cancelRequested: false });
      expect(await checkpoint(database, first, 2)).toBe(false);
      for (const state of ['succeeded', 'cancelled', 'queued'] as const) expect(await end(database, first, { state })).toBe(false);
      expect(await end(database, first, { state: 'failed', error: failure })).toBe(false);
      expect(await end(database, first, { state: 'retry_wait', error: failure, dueAt: 0 })).toBe(false);
      expect(await find(database, 'a')).toEqual(before);
      await end(database, { jobId: 'a', epoch: second.epoch }, { state: 'queued' });
      expect((await claim(database, 'third', start + leaseMs))!.checkpoint!.step).toBe(1);
    });

    it('that used up their attempts come once more, so that somebody ends them', async () => {
      const database = await open();
      await addJob(database, 'a', { maxAttempts: 1 });
      await claim(database, 'w');
      const last = (await claim(database, 'w', start + leaseMs))!;
      expect(last.job.attempts).toBeGreaterThan(last.job.maxAttempts);
    });

    it('are kept by renewing', async () => {
      const database = await open();
      await addJob(database, 'a');
      await claim(database, 'w');
      expect(await renew(database, { jobId: 'a', epoch: 1 }, start + 50_000)).toEqual({ held: true, cancelRequested: false });
      expect(await claim(database, 'other', start + leaseMs)).toBeNull();
      expect(await nextDue(database)).toBe(start + 50_000 + leaseMs);
      expect(await renew(database, { jobId: 'nobody', epoch: 1 })).toEqual({ held: false, cancelRequested: false });
    });

    it('can all be let go at once, by whoever is alone', async () => {
      const database = await open();
      for (const id of ['a', 'b', 'c']) await addJob(database, id);
      await claim(database, 'dead');
      await claim(database, 'dead');
      expect(await database.transaction((transaction) => jobRows.lapseAll(transaction, start + 1))).toBe(2);
      const taken = [
        await claim(database, 'alive', start + 1),
        await claim(database, 'alive', start + 1),
        await claim(database, 'alive', start + 1),
      ];
      expect(taken.map((each) => each?.job.id).sort()).toEqual(['a', 'b', 'c']);
      expect(await renew(database, { jobId: 'a', epoch: 1 })).toMatchObject({ held: false });
    });

    it('are counted by state', async () => {
      const database = await open();
      for (const id of ['a', 'b', 'c']) await addJob(database, id);
      await claim(database, 'w');
      await cancel(database, ['b']);
      expect(await database.transaction((transaction) => jobRows.counts(transaction))).toEqual({
        queued: 1,
        running: 1,
        retry_wait: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 1,
      });
    });

    it('are forgotten a while after their end, with their checkpoints; others stay', async () => {
      const database = await open();
      for (const id of ['old', 'young', 'open']) {
        await addJob(database, id);
        await claim(database, 'w');
        await checkpoint(database, { jobId: id, epoch: 1 }, 1);
      }
      await end(database, { jobId: 'old', epoch: 1 }, { state: 'succeeded' }, start + 1);
      await end(database, { jobId: 'young', epoch: 1 }, { state: 'succeeded' }, start + 2);
      expect(await database.transaction((transaction) => jobRows.forget(transaction, start + 2))).toBe(1);
      expect(await database.transaction((transaction) => jobRows.find(transaction, 'old'))).toBeNull();
      await find(database, 'young');
      // The same id may come again, and begins without the checkpoint of the forgotten one.
      await addJob(database, 'old');
      expect((await claim(database, 'w'))!).toMatchObject({ job: { id: 'old' }, checkpoint: null });
      await end(database, { jobId: 'open', epoch: 1 }, { state: 'queued' });
      expect((await claim(database, 'w'))!).toMatchObject({ job: { id: 'open' }, checkpoint: { step: 1 } });
    });
  });

  describe('checkpoints', () => {
    it('replace those before them; a step that is there stays as it is', async () => {
      const database = await open();
      await addJob(database, 'a');
      await claim(database, 'w');
      const lease = { jobId: 'a', epoch: 1 };
      const sha256 = 'ab'.repeat(32);
      const refs = [{ name: 'weights', uri: `blobs/sha256/ab/${sha256}`, sha256, bytes: 3, mediaType: 'x/y', schema: 's' }];
      expect(await checkpoint(database, lease, 1)).toBe(true);
      expect(
        await database.transaction((transaction) =>
          jobRows.checkpoint(transaction, lease, { step: 2, record: { z: 1, a: [2] }, refs }, start),
        ),
      ).toBe(true);
      expect(await checkpoint(database, lease, 2, { another: true })).toBe(true);
      expect(await checkpoint(database, lease, 1)).toBe(true);
      await end(database, lease, { state: 'queued' });
      expect((await claim(database, 'w'))!.checkpoint).toEqual({ jobId: 'a', step: 2, record: { z: 1, a: [2] }, refs, createdAt: start });
    });
  });

  describe('cancellations', () => {
    it('end waiting jobs at once, and answer which', async () => {
      const database = await open();
      for (const id of ['queued', 'waiting', 'done']) await addJob(database, id);
      for (let i = 0; i < 3; i++) await claim(database, 'w');
      await end(database, { jobId: 'queued', epoch: 1 }, { state: 'queued' });
      await end(database, { jobId: 'waiting', epoch: 1 }, { state: 'retry_wait', error: failure, dueAt: start + 9 });
      await end(database, { jobId: 'done', epoch: 1 }, { state: 'succeeded' });
      const cancelled = await cancel(database, ['queued', 'waiting', 'done'], start + 3);
      expect(cancelled.map(({ id }) => id)).toEqual(['queued', 'waiting']);
      expect(cancelled[0]).toMatchObject({ state: 'cancelled', finishedAt: start + 3, cancelRequested: true });
      expect(await find(database, 'done')).toMatchObject({ state: 'succeeded', cancelRequested: false });
      expect(await claim(database, 'w', start + 100)).toBeNull();
      expect(await cancel(database, ['queued', 'waiting', 'done'], start + 4)).toEqual([]);
      expect(await cancel(database, [])).toEqual([]);
    });

    it('mark running jobs, which the next renewal sees', async () => {
      const database = await open();
      await addJob(database, 'a');
      await claim(database, 'w');
      expect(await cancel(database, ['a'])).toEqual([]);
      expect(await find(database, 'a')).toMatchObject({ state: 'running', cancelRequested: true });
      expect(await renew(database, { jobId: 'a', epoch: 1 })).toEqual({ held: true, cancelRequested: true });
    });

    it('do not wait for the next try of a job that ended its attempt at the same moment', async () => {
      const database = await open();
      await addJob(database, 'a');
      await claim(database, 'w');
      await cancel(database, ['a']);
      await end(database, { jobId: 'a', epoch: 1 }, { state: 'retry_wait', error: failure, dueAt: start + 9_000 }, start + 1);
      expect((await claim(database, 'w', start + 1))!.job).toMatchObject({ id: 'a', cancelRequested: true });
    });

    it('that came before their job cancel it on arrival, once', async () => {
      const database = await open();
      expect(await cancel(database, ['early', 'never', 'early'])).toEqual([]);
      expect(await addJob(database, 'early', { now: start + 5 })).toBe('cancelled');
      expect(await find(database, 'early')).toMatchObject({
        state: 'cancelled',
        cancelRequested: true,
        finishedAt: start + 5,
        attempts: 0,
      });
      expect(await addJob(database, 'early')).toBe('duplicate');
      expect(await claim(database, 'w', start + 100)).toBeNull();
      await database.transaction((transaction) => jobRows.forget(transaction, start + 1));
      expect(await addJob(database, 'never')).toBe('inserted');
    });

    it('and arrivals at the same moment leave no job behind that nobody stopped', async () => {
      const database = await open();
      for (let i = 0; i < 30; i++) {
        const id = `race-${String(i).padStart(2, '0')}`;
        const [arrival, stopped] = await Promise.all([addJob(database, id), cancel(database, [id])]);
        expect(arrival === 'cancelled' ? stopped.length : stopped.map((job) => job.id)).toEqual(arrival === 'cancelled' ? 0 : [id]);
        expect((await find(database, id)).state).toBe('cancelled');
      }
    });
  });

  it('gives each of 200 jobs to one of 8 workers, once', async () => {
    const database = await open();
    const ids = Array.from({ length: 200 }, (_, i) => `job-${String(i).padStart(3, '0')}`);
    await database.transaction(async (transaction) => {
      for (const id of ids) await jobRows.insert(transaction, newJob(id));
    });
    const taken: string[] = [];
    const workerOf = async (worker: string): Promise<number> => {
      for (let done = 0; ; done++) {
        const claimed = await claim(database, worker);
        if (claimed === null) return done;
        taken.push(claimed.job.id);
        expect(claimed).toMatchObject({ epoch: 1, job: { leaseOwner: worker, attempts: 1 } });
        expect(await end(database, { jobId: claimed.job.id, epoch: claimed.epoch }, { state: 'succeeded' })).toBe(true);
      }
    };
    const shares = await Promise.all(Array.from({ length: 8 }, (_, i) => workerOf(`worker-${i}`)));
    expect(taken.sort()).toEqual(ids);
    expect(shares.every((share) => share > 0)).toBe(true);
  });
}
