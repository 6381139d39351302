import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Run, RunRequest } from '@cfgen/client';
import { startServers, type RealServers } from '../stack/real-servers';
import { fileOf, generation, training, undisturbed, weightsOf, type Undisturbed } from './fault-workload';
import { nothingLeftOver } from './invariants';
import { appNames, startPlatform, type Platform } from './platform';
import { endOf, runToEnd } from './scenario';
import type { AppName } from './service-process';

/** Moments to strike at, drawn anew for each test from its number: a failure can be repeated. */
function moment(test: number, latestMs: number): number {
  const x = Math.sin(test * 12.9898 + 4.1414) * 43_758.5453;
  return Math.round((x - Math.floor(x)) * latestMs);
}

describe('services that die or sleep', () => {
  let servers: RealServers;
  let platform: Platform;
  let expected: Undisturbed;

  beforeAll(async () => {
    servers = await startServers({ services: ['kafka', 'minio', 'postgres'] });
    platform = await startPlatform({ name: 'service-faults', servers: servers.env, replicas: { 'flow-service': 2 } });
    expected = await undisturbed(platform);
  }, 300_000);
  afterAll(async () => {
    await platform.stop();
    await servers.stop();
  });
  afterEach(async () => {
    expect(await nothingLeftOver(servers.env)).toEqual({ unfinishedJobs: 0, unsentMessages: 0 });
  });

  const apps = appNames.map((app, i) => [app, i] as const);

  it.each(apps)('a training ends with the same weights though %s is killed', async (app, i) => {
    await striking(training(expected.dataSet), app, moment(i, 6000), (run) => expect(weightsOf(run)).toBe(expected.weights));
  });

  it.each(apps)('a generation ends with the same file though %s is killed', async (app, i) => {
    await striking(generation(expected.model), app, moment(i + 10, 2500), (run) => expect(fileOf(run)).toBe(expected.file));
  });

  async function striking(request: RunRequest, app: AppName, afterMs: number, check: (run: Run) => void): Promise<void> {
    const { id } = await platform.client().startRun(request);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await platform.kill(app);
    await platform.start(app);
    const run = await endOf(platform.client, id);
    expect(run.error).toBeNull();
    check(run);
  }

  it('a worker that sleeps through its lease changes nothing when it wakes up', async () => {
    const { id } = await platform.client().startRun(training(expected.dataSet));
    const sleeper = await workerOf('TrainAutoencoder', id);
    sleeper.signal('SIGSTOP');
    // Longer than the lease of 12 s: another process of the service takes the job over.
    const other = await platform.start('encoder-decoder-service');
    await until(() => other.log().includes('TrainAutoencoder'), 60_000);
    sleeper.signal('SIGCONT');
    const run = await endOf(platform.client, id);
    expect(weightsOf(run)).toBe(expected.weights);
    await until(() => /taken over|another worker/.test(sleeper.log()), 30_000);
    await platform.kill('encoder-decoder-service', platform.processes('encoder-decoder-service').indexOf(other));
  });

  /** The process that runs a command of a run, once it does. */
  async function workerOf(type: string, run: string) {
    const running = () =>
      platform.processes('encoder-decoder-service').find(({ log }) =>
        log()
          .split('\n')
          .some((line) => line.includes('"job started"') && line.includes(type) && line.includes(run)),
      );
    await until(() => running() !== undefined, 60_000);
    return running()!;
  }

  it('all services may be told to stop in the middle, and go on when they are started again', async () => {
    const { id } = await platform.client().startRun(generation(expected.model));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const statuses = await platform.stop();
    expect(statuses).toEqual(statuses.map(() => 0));
    for (const app of appNames) await platform.start(app);
    await platform.start('flow-service');
    expect(fileOf(await endOf(platform.client, id))).toBe(expected.file);
  });

  it.each(['DrawConditions', 'SampleLatents', 'DecodeCells', 'AssembleCells'])('a generation can be cancelled in %s', (stage) =>
    cancelledIn({ ...generation(expected.model), cells: 20_000 }, stage),
  );
  it.each(['TrainAutoencoder', 'FitPriors', 'EncodeCells', 'TrainFlow', 'AssembleModel'])('a training can be cancelled in %s', (stage) =>
    cancelledIn(training(expected.dataSet), stage),
  );

  it('an evaluation can be cancelled', () =>
    cancelledIn(
      { type: 'evaluate', real: expected.dataSet, generated: [{ dataSet: expected.dataSet }], label: 'cell_type' },
      'EvaluateCells',
    ));

  async function cancelledIn(request: RunRequest, stage: string): Promise<void> {
    const client = platform.client();
    const { id } = await client.startRun(request);
    const begun = async (): Promise<boolean> => {
      const { stages, state } = await client.getRun(id);
      return state === 'succeeded' || stages.some((each) => each.name === stage && each.state !== 'waiting');
    };
    while (!(await begun())) await new Promise((resolve) => setTimeout(resolve, 30));
    // A step that is over within milliseconds may have ended the run before the cancellation comes.
    const cancelled = await client.cancelRun(id).then(
      () => true,
      () => false,
    );
    const run = await endOf(platform.client, id);
    expect(run.state).toBe(cancelled && run.state !== 'succeeded' ? 'cancelled' : 'succeeded');
  }

  it('a thousand small jobs at once are all done, each once', async () => {
    const run = await runToEnd(platform.client, { ...generation(expected.model), cells: 2500, chunkCells: 5 }, 300_000);
    expect(run.state).toBe('succeeded');
    expect(run.figures['cells']).toBe(2500);
    const jobs = run.stages.reduce((sum, stage) => sum + stage.jobs.total, 0);
    expect(jobs).toBeGreaterThanOrEqual(1000);
    expect(run.stages.every((stage) => stage.jobs.succeeded === stage.jobs.total)).toBe(true);
  });
});

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
