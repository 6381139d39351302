import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CfgenError } from '@cfgen/contracts';
import type { DatabaseLocation } from '@cfgen/persistence';
import { newId, trainFlow } from './commands';
import { openJobBench, until, type JobBench } from './job-bench';
import type { ScriptStep } from './scripted-compute';

/** The life of a job, the same on every database. */
export function jobSuite(name: string, locate: (folder: string) => DatabaseLocation): void {
  describe(`jobs on ${name}`, () => {
    let bench: JobBench;
    beforeEach(async () => {
      bench = await openJobBench(locate);
    });
    afterEach(() => bench.close());

    const command = (...attempts: ScriptStep[][]) => trainFlow({ attempts });
    const ends = (jobId: string, state: string) => until(`${jobId} ${state}`, async () => (await bench.job(jobId))?.state === state);
    const told = (jobId: string, type: string) => until(`${type} of ${jobId}`, () => bench.eventsOf(jobId).includes(type));

    it('computes a job and tells its success with data, references and trace of the command', async () => {
      await bench.addWorker('one');
      const sent = command([{ do: 'work', ms: 300 }]);
      await bench.send(sent);
      await told(sent.jobId, 'FlowTrained');
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'FlowTrained']);
      const event = bench.events.find(({ type }) => type === 'FlowTrained')!;
      expect(event).toMatchObject({
        runId: sent.runId,
        correlationId: sent.correlationId,
        causationId: sent.id,
        traceparent: sent.traceparent,
        producer: 'spec/one',
        data: { steps: 0, loss: null },
      });
      expect(event.refs.map(({ name }) => name)).toEqual(['flow', 'flow-training']);
      expect(await bench.job(sent.jobId)).toMatchObject({ state: 'succeeded', attempts: 1, leaseOwner: null, error: null });
      expect(bench.progress.length).toBeGreaterThan(0);
      expect(bench.progress[0]).toMatchObject({ jobId: sent.jobId, data: { stage: 'flow', attempt: 1, unit: 'steps' } });
    });

    it('tries a retryable failure again, in a new process, until it succeeds', async () => {
      await bench.addWorker('one');
      const sent = command([{ do: 'fail', code: 'STORE_UNAVAILABLE', retryable: true }], []);
      await bench.send(sent);
      await told(sent.jobId, 'FlowTrained');
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'JobStarted', 'FlowTrained']);
      const [first, second] = bench.notes(sent.jobId);
      expect(second!.pid).not.toBe(first!.pid);
    });

    it('gives up at once on a failure that would come again, and after the last attempt on any', async () => {
      await bench.addWorker('one', { maxAttempts: 2 });
      const hopeless = command([{ do: 'fail', code: 'TRAINING_DIVERGED', retryable: false }]);
      const unlucky = command([{ do: 'fail', code: 'STORE_UNAVAILABLE', retryable: true }]);
      await bench.send(hopeless, unlucky);
      await told(hopeless.jobId, 'JobFailed');
      await told(unlucky.jobId, 'JobFailed');
      const failed = (jobId: string) => bench.events.find((event) => event.jobId === jobId && event.type === 'JobFailed')!.data;
      expect(failed(hopeless.jobId)).toMatchObject({ attempts: 1, error: { code: 'TRAINING_DIVERGED', hint: 'Change the script.' } });
      expect(failed(unlucky.jobId)).toMatchObject({ attempts: 2, error: { code: 'STORE_UNAVAILABLE' } });
      expect(bench.notes(hopeless.jobId)).toHaveLength(1);
      expect(bench.notes(unlucky.jobId)).toHaveLength(2);
    });

    it('lets no result out that does not fit its event', async () => {
      await bench.addWorker('one');
      const sent = command([{ do: 'bad-result' }]);
      await bench.send(sent);
      await told(sent.jobId, 'JobFailed');
      expect(bench.events.at(-1)!.data).toMatchObject({
        attempts: 1,
        error: { code: 'INTERNAL', message: /result of TrainFlow does not fit FlowTrained: .*steps/ },
      });
      expect(await bench.job(sent.jobId)).toMatchObject({ state: 'failed' });
    });

    it('keeps a result until the database is back, and then writes it once', async () => {
      let away = false;
      const unavailable = (): never => {
        throw new CfgenError('DATABASE_UNAVAILABLE', 'the database does not answer', { retryable: true });
      };
      const worker = await bench.addWorker('one', {
        through: (database) => ({ ...database, transaction: async (work) => (away ? unavailable() : database.transaction(work)) }),
      });
      const sent = command([
        { do: 'work', ms: 200 },
        { do: 'checkpoint', step: 1 },
      ]);
      await bench.send(sent);
      await until('the job runs', () => bench.notes(sent.jobId).length === 1);
      away = true;
      await pause(1000);
      expect(worker.runner.active).toEqual([sent.jobId]);
      away = false;
      await told(sent.jobId, 'FlowTrained');
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'CheckpointCommitted', 'FlowTrained']);
      expect(bench.notes(sent.jobId)).toHaveLength(1);
    });

    it('tells an end once, although the answer to its commit was lost', async () => {
      let losing = false;
      const worker = await bench.addWorker('one', {
        through: (database) => ({
          ...database,
          transaction: async (work) => {
            const result = await database.transaction(work);
            if (!losing) return result;
            losing = false;
            throw new CfgenError('DATABASE_UNAVAILABLE', 'the connection broke', { retryable: true });
          },
        }),
        runner: { watchEveryMs: 3_600_000, pollMs: 3_600_000 },
      });
      const sent = command([{ do: 'work', ms: 400 }]);
      await bench.send(sent);
      await until('the job runs', () => bench.notes(sent.jobId).length === 1);
      await worker.relay.close();
      losing = true;
      await until('the end is written', () => worker.told.includes('ended TrainFlow succeeded'));
      expect(worker.told).not.toContain('lease lost');
      await worker.stop();
      await bench.addWorker('two');
      await told(sent.jobId, 'FlowTrained');
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'FlowTrained']);
    });

    it('goes on from the last checkpoint after a crash', async () => {
      await bench.addWorker('one');
      const sent = command([{ do: 'checkpoint', step: 1 }, { do: 'checkpoint', step: 2 }, { do: 'kill' }], []);
      await bench.send(sent);
      await told(sent.jobId, 'FlowTrained');
      expect(bench.notes(sent.jobId).map(({ from }) => from)).toEqual([null, 2]);
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'CheckpointCommitted', 'CheckpointCommitted', 'JobStarted', 'FlowTrained']);
      const checkpoint = bench.events.find(({ type }) => type === 'CheckpointCommitted')!;
      expect(checkpoint.refs.map(({ name }) => name)).toEqual(['state']);
      expect(bench.events.at(-1)!.data).toMatchObject({ steps: 2 });
    });

    it('cancels a running job within moments, whether it listens or not', async () => {
      await bench.addWorker('one', { host: { size: 2 }, runner: { abortGraceMs: 200 } });
      const polite = command([{ do: 'work', ms: 60_000 }]);
      const deaf = command([{ do: 'busy-loop' }]);
      await bench.send(polite, deaf);
      await until('both run', () => bench.notes().length === 2);
      await bench.cancel([polite.jobId, deaf.jobId]);
      await told(polite.jobId, 'JobCancelled');
      await told(deaf.jobId, 'JobCancelled');
      await ends(polite.jobId, 'cancelled');
      await ends(deaf.jobId, 'cancelled');
    });

    it('never runs a job that was cancelled while it waited, or before its command came', async () => {
      const waiting = command([]);
      const late = command([]);
      const worker = await bench.addWorker('one', { runner: { concurrency: 0 } });
      await bench.send(waiting);
      await bench.cancel([waiting.jobId, late.jobId, newId()], 'changed my mind');
      await told(waiting.jobId, 'JobCancelled');
      expect(bench.events.at(-1)!.data).toEqual({ reason: 'changed my mind' });
      await bench.send(late);
      await told(late.jobId, 'JobCancelled');
      await worker.stop();
      await bench.addWorker('two');
      const other = command([]);
      await bench.send(other);
      await told(other.jobId, 'FlowTrained');
      expect(bench.notes().map(({ jobId }) => jobId)).toEqual([other.jobId]);
    });

    it('changes nothing when it finds, after a pause, that its job is another worker’s', async () => {
      const asleep = { renewEveryMs: 3_600_000, watchEveryMs: 3_600_000, leaseMs: 300 };
      const stale = await bench.addWorker('stale', { runner: asleep });
      const sent = command([{ do: 'outlive' }], [{ do: 'work', ms: 500 }]);
      await bench.send(sent);
      await until('the first attempt runs', () => bench.notes(sent.jobId).length === 1);
      await bench.addWorker('other');
      await told(sent.jobId, 'FlowTrained');
      const row = await bench.job(sent.jobId);
      await until('the stale worker ends', () => stale.told.includes('ended TrainFlow lost'));
      expect(stale.told).toContain('lease lost');
      expect(await bench.job(sent.jobId)).toEqual(row);
      await stale.relay.flush(1000);
      expect(bench.eventsOf(sent.jobId)).toEqual(['JobStarted', 'JobStarted', 'FlowTrained']);
    });

    it('refuses the checkpoint of a stale worker, and stops its job', async () => {
      const drowsy = { renewEveryMs: 3_600_000, watchEveryMs: 3_600_000, leaseMs: 300 };
      const stale = await bench.addWorker('stale', { runner: drowsy });
      const sent = command(
        [
          { do: 'ignore-all', ms: 2000 },
          { do: 'checkpoint', step: 9 },
        ],
        [{ do: 'work', ms: 100 }],
      );
      await bench.send(sent);
      await until('the first attempt runs', () => bench.notes(sent.jobId).length === 1);
      await bench.addWorker('other');
      await told(sent.jobId, 'FlowTrained');
      await until('the stale worker ends', () => stale.told.includes('ended TrainFlow lost'));
      expect(bench.eventsOf(sent.jobId)).not.toContain('CheckpointCommitted');
    });

    it('kills a job that shows no sign of life, and tries again', async () => {
      const worker = await bench.addWorker('one', { runner: { stallMs: 500 } });
      const sent = command([{ do: 'busy-loop' }], []);
      await bench.send(sent);
      await ends(sent.jobId, 'succeeded');
      expect(worker.told).toContain('ended TrainFlow retry_wait');
      expect(bench.notes(sent.jobId)).toHaveLength(2);
    });

    it('gives running jobs back when it stops, and another worker goes on from the last checkpoint', async () => {
      const first = await bench.addWorker('first', { host: { size: 2 } });
      const polite = command([{ do: 'work-then-checkpoint', ms: 60_000, step: 4 }], []);
      const deaf = command([{ do: 'busy-loop' }], []);
      await bench.send(polite, deaf);
      await until('both run', () => bench.notes().length === 2);
      await first.stop(500);
      expect(await bench.job(polite.jobId)).toMatchObject({ state: 'queued', attempts: 0, leaseOwner: null });
      expect(await bench.job(deaf.jobId)).toMatchObject({ state: 'queued', attempts: 0 });
      expect(first.host.pids).toEqual([]);
      await bench.addWorker('second');
      await told(polite.jobId, 'FlowTrained');
      await told(deaf.jobId, 'FlowTrained');
      expect(bench.notes(polite.jobId).map(({ from }) => from)).toEqual([null, 4]);
    });

    it('takes a job from a worker that died, and gives up on one that takes every worker with it', async () => {
      const asleep = { renewEveryMs: 3_600_000, watchEveryMs: 3_600_000, leaseMs: 100 };
      await bench.addWorker('asleep', { runner: asleep, host: { size: 3 }, maxAttempts: 2 });
      const sent = command([{ do: 'ignore-all', ms: 60_000 }]);
      await bench.send(sent);
      await told(sent.jobId, 'JobFailed');
      expect(bench.events.at(-1)!.data).toMatchObject({ attempts: 2, error: { code: 'COMPUTE_CRASHED', message: /gave up after 2/ } });
    });

    it('does each of 200 jobs once, with two workers on one database, duplicates and disorder', { timeout: 120_000 }, async () => {
      const workers = [await bench.addWorker('one', { host: { size: 2 } }), await bench.addWorker('two', { host: { size: 2 } })];
      const commands = Array.from({ length: 200 }, () => command([]));
      // Each command comes twice; half of the copies as new messages of the same work.
      const copies = commands.map((sent, i) => (i % 2 === 0 ? sent : { ...sent, id: newId() }));
      await bench.send(...commands, ...copies.reverse());
      await until('all succeed', () => bench.events.filter(({ type }) => type === 'FlowTrained').length === 200, 100_000);
      await Promise.all(workers.map(({ relay }) => relay.flush(2000)));
      const notes = bench.notes();
      expect(notes).toHaveLength(200);
      expect(new Set(notes.map(({ jobId }) => jobId)).size).toBe(200);
      expect(bench.events).toHaveLength(400);
      expect(workers.every(({ told: own }) => own.includes('ended TrainFlow succeeded'))).toBe(true);
    });
  });
}
