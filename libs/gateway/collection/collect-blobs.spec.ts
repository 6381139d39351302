import { afterEach, describe, expect, it } from 'vitest';
import { blobKey, type BlobRef } from '@cfgen/contracts';
import { dataSetRows, modelRows, runRows, runStepRows } from '@cfgen/persistence';
import { RunWorld } from '../testing/run-world';
import type { Script } from '../testing/scripted-stages';
import { collectBlobs } from './collect-blobs';

const worlds: RunWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const far = 9e15;

async function put(world: RunWorld, name: string, text: string, schema = ''): Promise<BlobRef> {
  const { sha256, bytes } = await world.blobs.put(new TextEncoder().encode(text));
  return { name, uri: blobKey(sha256), sha256, bytes, mediaType: 'application/json', schema };
}

async function present(world: RunWorld, ...refs: readonly BlobRef[]): Promise<boolean[]> {
  return Promise.all(refs.map(async ({ sha256 }) => (await world.blobs.stat(sha256)) !== null));
}

/** A generation that has ended, with the model it used. */
async function generated(script: Script): Promise<{ world: RunWorld; id: string; used: BlobRef[] }> {
  const world = await RunWorld.create(60);
  worlds.push(world);
  world.stages.script = script;
  const weights = await put(world, 'weights', 'weights');
  const model = await put(world, 'model', JSON.stringify({ files: { 'flow.safetensors': weights } }), 'cfgen.model.v1');
  const id = world.newId();
  const facts = {
    ...{ name: 'synthetic', modelId: 'm', model, cells: 30, chunkCells: 10, where: {}, guidance: {}, seed: 1 },
    ...{ output: 'counts', latents: false, compression: 'gzip' },
  };
  await world.engine.start({ id, type: 'generate', hidden: false, request: {}, facts });
  await world.run();
  return { world, id, used: [model, weights] };
}

async function madeBy(world: RunWorld, id: string): Promise<BlobRef[]> {
  const steps = await world.database.transaction((transaction) => runStepRows.whole(transaction, id));
  return steps.flatMap(({ inputs, result }) => [...inputs.filter(({ name }) => name === 'chunks'), ...(result?.outputs ?? [])]);
}

describe('collecting blobs', () => {
  it('keeps the files of a run that has succeeded, and deletes what it needed in between', async () => {
    const { world, id } = await generated(() => 'succeed');
    const made = await madeBy(world, id);
    expect(made.map(({ name }) => name).sort()).toEqual([
      'cells',
      'cells',
      'cells',
      'chunks',
      'conditions',
      'generated',
      'latents',
      'latents',
      'latents',
    ]);
    const dry = await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 0, now: far, dryRun: true });
    expect(new Set(await present(world, ...made))).toEqual(new Set([true]));
    expect(await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 0, now: far })).toEqual(dry);
    const left = await present(world, ...made);
    expect(made.filter((_, i) => left[i]).map(({ name }) => name)).toEqual(['generated']);
  });

  it('keeps what a run that failed needs for a retry', async () => {
    const { world, id, used } = await generated(({ type }) => (type === 'AssembleCells' ? 'fail' : 'succeed'));
    const orphan = await put(world, 'orphan', 'left behind by a job that died');
    const result = await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 0, now: far });
    expect(result).toMatchObject({ deleted: 1, deletedBytes: orphan.bytes });
    expect(new Set(await present(world, ...used, ...(await madeBy(world, id))))).toEqual(new Set([true]));
    expect(await present(world, orphan)).toEqual([false]);
    world.stages.script = () => 'succeed';
    await world.engine.retry(id);
    await world.run();
    expect(await world.database.transaction((transaction) => runRows.find(transaction, id))).toMatchObject({ state: 'succeeded' });
  });

  it('leaves young blobs alone: their row may be about to be written', async () => {
    const { world } = await generated(() => 'succeed');
    const orphan = await put(world, 'orphan', 'just uploaded');
    const at = (await world.blobs.stat(orphan.sha256))?.storedAt ?? 0;
    await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 1000, now: at + 999 });
    expect(await present(world, orphan)).toEqual([true]);
    await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 1000, now: at + 1000 });
    expect(await present(world, orphan)).toEqual([false]);
  });

  it('follows lists within lists, checkpoints, data sets and models', async () => {
    const world = await RunWorld.create(61);
    worlds.push(world);
    const shard = await put(world, 'shard', 'latents');
    const list = { cells: 1, latent: 1, attributes: [], engine: 'e', shards: [{ start: 0, cells: 1, ref: shard }] };
    const latents = await put(world, 'latents', JSON.stringify(list), 'cfgen.latents.v1');
    const chunks = await put(world, 'chunks', JSON.stringify({ chunks: [{ chunk: 0, cells: latents, latents }] }), 'cfgen.chunks.v1');
    const [data, deleted, weights] = [
      await put(world, 'data', 'data'),
      await put(world, 'data', 'deleted'),
      await put(world, 'weights', 'w'),
    ];
    const model = await put(world, 'model', JSON.stringify({ files: { 'flow.safetensors': weights } }), 'cfgen.model.v1');
    const empty = { cells: null, features: null, format: null, inspection: null, problems: [], error: null };
    const dataSet = { kind: 'cells', state: 'ready', name: 'x', bytes: 1, ...empty, createdAt: 1 } as const;
    await world.database.transaction(async (t) => {
      await dataSetRows.insert(t, { ...dataSet, id: 'a', sha256: data.sha256, deletedAt: null });
      await dataSetRows.insert(t, { ...dataSet, id: 'b', sha256: deleted.sha256, deletedAt: 5 });
      const row = { modelSha256: 'x', runId: 'r', dataSetId: 'a', ref: model, files: [], cells: 1, features: 1, attributes: [] };
      await modelRows.insert(t, { ...row, id: 'm', createdAt: 1, deletedAt: null });
      const step = { runId: 'r', key: 's', type: 'TrainFlow', jobId: 'j', state: 'running', weight: 1, inputs: [], result: null } as const;
      const run = {
        id: 'r',
        type: 'train',
        hidden: false,
        state: 'running',
        request: {},
        facts: {},
        stages: [],
        share: 0,
        shareAtStart: 0,
      } as const;
      const nothing = { weight: 1, error: null, problems: [], modelId: null, figures: {}, attempt: 1, sequence: 0 };
      await runRows.insert(t, { ...run, ...nothing, createdAt: 1, startedAt: 1, finishedAt: null });
      await runStepRows.insert(t, [{ ...step, checkpoint: [chunks], error: null, createdAt: 1, startedAt: 1, finishedAt: null }]);
    });
    await collectBlobs({ database: world.database, blobs: world.blobs, olderThanMs: 0, now: far });
    expect(await present(world, chunks, latents, shard, data, model, weights, deleted)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
