import { afterEach, describe, expect, it } from 'vitest';
import { blobKey, CfgenError, type BlobRef } from '@cfgen/contracts';
import { artifactRows, dataSetRows, modelAliasRows, modelRows, runEventRows, runRows, runStepRows, type RunRow } from '@cfgen/persistence';
import { lossError, sha256Of } from '../testing/scripted-stages';
import { RunWorld } from '../testing/run-world';

const worlds: RunWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function worldOf(seed: number, changed?: Parameters<typeof RunWorld.create>[1]): Promise<RunWorld> {
  const world = await RunWorld.create(seed, changed);
  worlds.push(world);
  return world;
}

function refOf(name: string): BlobRef {
  const sha256 = sha256Of(name);
  return { name, uri: blobKey(sha256), sha256, bytes: 10, mediaType: 'application/octet-stream', schema: '' };
}

const trainFacts = {
  dataSetId: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  fileName: 'pbmc.h5ad',
  data: refOf('data'),
  training: { labels: ['cell_type'], batches: [], minCells: 20, missingLabels: 'refuse' },
  settings: { preset: 'best' },
  seed: 7,
  checkpointEpochs: 5,
  checkpointSteps: 100,
  shardCells: 8192,
  alias: 'production',
};

function generateFacts(cells: number, chunkCells = 10): Record<string, unknown> {
  return {
    name: 'synthetic',
    modelId: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
    model: refOf('model'),
    cells,
    chunkCells,
    where: {},
    guidance: {},
    seed: 7,
    output: 'counts',
    latents: false,
    compression: 'gzip',
  };
}

async function start(world: RunWorld, type: string, facts: Record<string, unknown>): Promise<string> {
  const id = world.newId();
  await world.engine.start({ id, type, hidden: false, request: { type }, facts });
  return id;
}

async function runOf(world: RunWorld, id: string): Promise<RunRow> {
  const run = await world.database.transaction((transaction) => runRows.find(transaction, id));
  if (run === null) throw new Error(`no run ${id}`);
  return run;
}

async function artifactsOf(world: RunWorld, id: string): Promise<readonly string[]> {
  const rows = await world.database.transaction((transaction) => artifactRows.ofRuns(transaction, [id]));
  return rows.map(({ name, ref }) => `${name} ${ref.sha256}`);
}

describe('a training', () => {
  it('ends with a model, its files and its alias', async () => {
    const world = await worldOf(1);
    const id = await start(world, 'train', trainFacts);
    await world.run();
    const run = await runOf(world, id);
    expect(run).toMatchObject({ state: 'succeeded', share: 1, error: null });
    expect(run.stages.map(({ name, state }) => `${String(name)} ${String(state)}`)).toEqual([
      'TrainAutoencoder succeeded',
      'FitPriors succeeded',
      'EncodeCells succeeded',
      'TrainFlow succeeded',
      'AssembleModel succeeded',
    ]);
    expect((await artifactsOf(world, id)).map((artifact) => artifact.split(' ')[0])).toEqual(['README.md', 'model.json']);
    const model = await world.database.transaction(async (transaction) => {
      const alias = await modelAliasRows.find(transaction, 'production');
      return modelRows.find(transaction, alias?.modelId ?? '');
    });
    expect(model).toMatchObject({ runId: id, cells: 100, features: 10, dataSetId: trainFacts.dataSetId });
    expect(run.modelId).toBe(model?.id);
    expect(run.problems).toEqual([{ severity: 'note', code: 'scripted', message: 'nothing was computed' }]);
  });

  it('commands autoencoder and priors at once, and the flow only after both', async () => {
    const world = await worldOf(2);
    world.stages.script = ({ type }) => (type === 'FitPriors' ? 'hold' : 'succeed');
    await start(world, 'train', trainFacts);
    await world.run();
    expect(world.stages.commands.map(({ type }) => type).sort()).toEqual(['EncodeCells', 'FitPriors', 'TrainAutoencoder']);
    world.pool.push(...(await world.stages.release()));
    await world.run();
    expect(world.stages.commands.map(({ type }) => type).slice(3)).toEqual(['TrainFlow', 'AssembleModel']);
  });

  it('counts its events without gaps', async () => {
    const world = await worldOf(3);
    const id = await start(world, 'train', trainFacts);
    await world.run();
    const events = await world.database.transaction((transaction) => runEventRows.after(transaction, id, 0, 1000));
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({ sequence: (await runOf(world, id)).sequence });
    expect(events.filter(({ kind }) => kind === 'run').map(({ data }) => data['state'])).toEqual(['running', 'succeeded']);
  });
});

describe('a generation of 20 chunks', () => {
  it('ends with the same file whatever order events come in, and however often', async () => {
    const ends: unknown[] = [];
    for (const seed of [10, 11]) {
      const world = await worldOf(seed);
      const id = await start(world, 'generate', generateFacts(195));
      await world.run({ duplicates: 0.4 });
      expect(await runOf(world, id)).toMatchObject({ state: 'succeeded', figures: { cells: 100, nonzeros: 200 } });
      expect(world.stages.commands.length).toBe(1 + 20 + 20 + 1);
      ends.push(await artifactsOf(world, id));
    }
    expect(ends[0]).toHaveLength(1);
    expect(ends[1]).toEqual(ends[0]);
  });

  it('ends so too when the gateway dies between any two events', async () => {
    const world = await worldOf(13);
    const id = await start(world, 'generate', generateFacts(195));
    await world.run({ deaths: 0.5 });
    expect((await runOf(world, id)).state).toBe('succeeded');
    expect(world.stages.commands.length).toBe(42);
  });

  it('goes on when the gateway dies between putting the list of chunks and commanding the assembly', async () => {
    let broken = true;
    const world = await worldOf(14, (store) => ({
      ...store,
      put: async (...given) => {
        const stored = await store.put(...given);
        if (broken) throw new CfgenError('STORE_UNAVAILABLE', 'died here', { retryable: true });
        return stored;
      },
    }));
    const id = await start(world, 'generate', generateFacts(20));
    await expect(world.run({ duplicates: 0 })).rejects.toThrow('died here');
    broken = false;
    expect((await runOf(world, id)).state).toBe('running');
    await world.die();
    await world.run();
    expect((await runOf(world, id)).state).toBe('succeeded');
  });
});

describe('a failure', () => {
  it('ends the run with the error of the job, and stops the other jobs', async () => {
    const world = await worldOf(20);
    world.stages.script = ({ type }) => (type === 'TrainAutoencoder' ? 'fail' : 'hold');
    const id = await start(world, 'train', trainFacts);
    await world.run();
    const run = await runOf(world, id);
    expect(run.state).toBe('failed');
    expect(run.error).toEqual(lossError);
    const priors = world.stages.commands.find(({ type }) => type === 'FitPriors');
    expect([...world.stages.cancelled]).toEqual([priors?.jobId]);
    expect(run.stages[1]).toMatchObject({ name: 'FitPriors', state: 'cancelled' });
  });

  it('refuses the data set when the file cannot be read', async () => {
    const world = await worldOf(21);
    world.stages.script = () => 'fail';
    const id = world.newId();
    const row = { id, kind: 'cells', state: 'validating', name: 'a.h5ad', sha256: sha256Of('a'), bytes: 10 } as const;
    const empty = { cells: null, features: null, format: null, inspection: null, problems: [], error: null, createdAt: 1, deletedAt: null };
    const facts = { dataSetId: id, fileName: 'a.h5ad', data: refOf('a') };
    await world.engine.start({ id: world.newId(), type: 'ingest', hidden: true, request: {}, facts }, async (transaction) => {
      await dataSetRows.insert(transaction, { ...row, ...empty });
    });
    await world.run();
    const found = await world.database.transaction((transaction) => dataSetRows.find(transaction, id));
    expect(found).toMatchObject({ state: 'refused', error: lossError });
  });

  it('is tried again from where it was: what was done is kept, the rest gets new jobs', async () => {
    const world = await worldOf(22);
    world.stages.script = ({ type, data }) => (type === 'DecodeCells' && data['chunk'] === 3 ? 'fail' : 'succeed');
    const id = await start(world, 'generate', generateFacts(50));
    await world.run();
    expect((await runOf(world, id)).state).toBe('failed');
    const before = world.stages.commands.length;
    const done = await world.database.transaction(async (transaction) =>
      (await runStepRows.ofRun(transaction, id)).filter(({ state }) => state === 'succeeded').map(({ key }) => key),
    );
    world.stages.script = () => 'succeed';
    const retried = await world.engine.retry(id);
    expect(retried).toMatchObject({ attempt: 2, error: null, finishedAt: null });
    await world.run();
    expect((await runOf(world, id)).state).toBe('succeeded');
    const steps = await world.database.transaction((transaction) => runStepRows.ofRun(transaction, id));
    const again = world.stages.commands.slice(before).map(({ jobId }) => steps.find((step) => step.jobId === jobId)?.key);
    expect(again.filter((key) => done.includes(String(key)))).toEqual([]);
    expect(new Set(world.stages.commands.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(world.stages.commands.length);
  });

  it('comes of a model that cannot be opened, instead of blocking the events of others', async () => {
    const world = await worldOf(23, (store) => ({
      ...store,
      readWhole: () => Promise.reject(new CfgenError('BLOB_NOT_FOUND', 'the manifest is gone')),
    }));
    const id = await start(world, 'train', trainFacts);
    await world.run();
    expect(await runOf(world, id)).toMatchObject({ state: 'failed', error: { code: 'BLOB_NOT_FOUND' } });
  });

  it('cannot be tried again while the run goes on', async () => {
    const world = await worldOf(24);
    const id = await start(world, 'train', trainFacts);
    await expect(world.engine.retry(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(world.engine.retry(world.newId())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a cancellation', () => {
  it('stops a run after any number of events, and a retry brings it to its end', async () => {
    for (const events of [0, 1, 3, 7, 14]) {
      const world = await worldOf(30 + events);
      const id = await start(world, 'generate', generateFacts(30));
      const until = world.delivered + events;
      await world.run({ until: () => world.delivered >= until });
      const cancelled = await world.engine.cancel(id);
      expect(['cancelling', 'cancelled']).toContain(cancelled.state);
      const commands = world.stages.commands.length;
      await world.run();
      expect((await runOf(world, id)).state).toBe('cancelled');
      expect(world.stages.commands.length).toBe(commands);
      expect((await world.engine.cancel(id)).state).toBe('cancelled');
      await world.engine.retry(id);
      await world.run();
      expect((await runOf(world, id)).state).toBe('succeeded');
    }
  });

  it('waits for held jobs to say that they stopped', async () => {
    const world = await worldOf(40);
    world.stages.script = () => 'hold';
    const id = await start(world, 'train', trainFacts);
    await world.run();
    expect((await world.engine.cancel(id)).state).toBe('cancelling');
    await world.die();
    expect((await runOf(world, id)).state).toBe('cancelling');
    await world.run();
    const run = await runOf(world, id);
    expect(run).toMatchObject({ state: 'cancelled', error: null });
    expect(run.stages.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'waiting', 'waiting', 'waiting']);
  });

  it('is refused once the run has succeeded or failed', async () => {
    const world = await worldOf(41);
    const id = await start(world, 'evaluate', {
      real: { name: 'real.h5ad', ref: refOf('real') },
      generated: [{ name: 'synthetic.h5ad', ref: refOf('generated') }],
      settings: {},
    });
    await world.run();
    expect(await runOf(world, id)).toMatchObject({ state: 'succeeded', figures: { rwd: 0.1, mmd: null } });
    await expect(world.engine.cancel(id)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a run that is begun twice under one id', () => {
  it('is one run', async () => {
    const world = await worldOf(50);
    const id = world.newId();
    const run = { id, type: 'generate', hidden: false, request: {}, facts: generateFacts(20) };
    await world.engine.start(run);
    await world.engine.start(run);
    await world.run();
    expect(world.stages.commands.filter(({ type }) => type === 'DrawConditions')).toHaveLength(1);
  });
});
