import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commandDefinitions,
  commandsOf,
  commandTypes,
  conditionsManifestSchema,
  refsWithin,
  stageNames,
  type BlobRef,
  type CommandData,
} from '@cfgen/contracts';
import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainByJobs } from '../testing/job-graphs';
import { JobHarness, outputOf } from '../testing/job-harness';
import { smallSettings, writeSmallCells } from '../testing/small-cells';
import { reported } from './job-context';
import { stageDefinitions, stageHandlers } from './stage-definitions';

const training = { labels: ['cell_type'], batches: ['donor'], minCells: 10, missingLabels: 'refuse' as const };
const settings = smallSettings() as unknown as CommandData<'FitPriors'>['settings'];

describe('the steps of the stages', () => {
  let engine: Engine;
  let harness: JobHarness;
  /** One whose steps must do without an engine. */
  let dry: JobHarness;
  let data: BlobRef;
  let model: BlobRef;

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1 });
    harness = new JobHarness(async () => engine);
    dry = new JobHarness(() => Promise.reject(new Error('no engine here')), harness.blobs);
    const path = join(harness.folder, 'small.h5ad');
    await writeSmallCells(path, join(harness.folder, 'small.tsv'));
    data = await harness.upload('data', path);
    model = await trainByJobs(harness, { data, fileName: 'small.h5ad', training, settings: smallSettings(), seed: 1 });
  }, 60_000);

  afterAll(async () => {
    await engine.close();
    harness.remove();
    dry.remove();
  });

  const draw = { where: {}, seed: 2 };
  const conditionsOf = async (cells: number, chunkCells: number, from = model): Promise<BlobRef> =>
    outputOf(await dry.run('DrawConditions', { ...draw, cells, chunkCells }, [from]), 'conditions');

  it('are one for each command, each with the stage that owns it', () => {
    expect(Object.keys(stageHandlers).sort()).toEqual([...commandTypes].sort());
    for (const stage of stageNames) {
      expect(stageDefinitions[stage].name).toBe(stage);
      expect(Object.keys(stageDefinitions[stage].handlers).sort()).toEqual(commandsOf(stage).sort());
    }
  });

  it('tell of an uploaded file by the name it was given', async () => {
    const outcome = await dry.run('InspectCells', { fileName: 'small.h5ad' }, [data]);
    expect(outcome.data).toMatchObject({ cells: 150, features: 40, format: 'h5ad', contentSha256: data.sha256 });
    const text = (await harness.bytes(outputOf(outcome, 'inspection'))).toString();
    expect(text).not.toContain(dry.folder);
    expect(JSON.parse(text)).toMatchObject({ command: 'inspect', kind: 'data', path: 'small.h5ad', sha256: data.sha256 });
  });

  it('refuse a damaged file by the name it was given', async () => {
    const path = join(harness.folder, 'cut.h5ad');
    writeFileSync(path, readFileSync(join(harness.folder, 'small.h5ad')).subarray(0, 3000));
    const cut = await harness.upload('data', path);
    const refused = (error: unknown): boolean => {
      const { message, details } = error as { message: string; details: unknown };
      return message.includes('mine.h5ad') && !`${message}${JSON.stringify(details)}`.includes(dry.folder);
    };
    await expect(dry.run('InspectCells', { fileName: 'mine.h5ad' }, [cut])).rejects.toSatisfy(refused);
    await expect(dry.run('FitPriors', { fileName: 'mine.h5ad', training, settings }, [cut])).rejects.toSatisfy(refused);
    const text = join(harness.folder, 'table.csv');
    writeFileSync(text, 'a,b\n1,2\n');
    await expect(dry.run('InspectCells', { fileName: 'mine.h5ad' }, [await harness.upload('data', text)])).rejects.toSatisfy(refused);
    const priors = dry.run('FitPriors', { fileName: 'small.h5ad', training: { ...training, minCells: 1000 }, settings }, [data]);
    await expect(priors).rejects.toMatchObject({ code: 'INPUT_EMPTY', details: { file: 'small.h5ad' } });
  });

  it('refuse settings that are not whole, and data that the autoencoder was not trained on', async () => {
    const partial = dry.run('FitPriors', { fileName: 'small.h5ad', training, settings: { preset: 'best' } }, [data]);
    await expect(partial).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('settings.autoencoder') });
    const common = { fileName: 'small.h5ad', settings };
    const autoencoder = await harness.run('TrainAutoencoder', { ...common, training, seed: 1, checkpointEpochs: 9 }, [data]);
    const others = { ...training, minCells: 1 };
    const encoded = harness.run('EncodeCells', { ...common, training: others, shardCells: 99 }, [data, ...autoencoder.outputs]);
    await expect(encoded).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('was not trained on') });
  });

  it('refuse contents that are not what their reference says', async () => {
    const conditions = { ...model, name: 'conditions' };
    await expect(harness.run('SampleLatents', { chunk: 0, guidance: {}, seed: 2 }, [model, conditions])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('conditions'),
    });
    const noModel = { ...(await conditionsOf(10, 10)), name: 'model' };
    await expect(conditionsOf(10, 10, noModel)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('model'),
    });
    const empty = await harness.putJson('model', 'cfgen.model.v1', { files: {} });
    await expect(conditionsOf(10, 10, empty)).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
      message: expect.stringContaining('model.json'),
    });
  });

  it('refuse a chunk that is not there, one of other cells, and a list that lacks one', async () => {
    const conditions = await conditionsOf(10, 4);
    const sample = (chunk: number) => harness.run('SampleLatents', { chunk, guidance: {}, seed: 2 }, [model, conditions]);
    await expect(sample(3)).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { chunk: 3, chunks: 3 } });
    const [latents] = (await sample(0)).outputs;
    const shifted = harness.run('DecodeCells', { chunk: 1, output: 'counts', seed: 2 }, [model, conditions, latents!]);
    await expect(shifted).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('from 0 on') });
    const decoded = await harness.run('DecodeCells', { chunk: 0, output: 'counts', seed: 2 }, [model, conditions, latents!]);
    const first = { chunk: 0, cells: outputOf(decoded, 'cells'), latents };
    const list = await harness.putJson('chunks', 'cfgen.chunks.v1', { chunks: [first] });
    const twice = await harness.putJson('chunks', 'cfgen.chunks.v1', { chunks: [first, first] });
    const request = { ...draw, output: 'counts', latents: false, compression: 'gzip', guidance: {} } as const;
    await expect(dry.run('AssembleCells', request, [model, conditions, list])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('chunk 1 is missing'),
    });
    await expect(dry.run('AssembleCells', request, [model, conditions, twice])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('chunk 0 is too much'),
    });
  });

  it('refuse conditions that were drawn for another model', async () => {
    const other = await trainByJobs(harness, { data, fileName: 'small.h5ad', training, settings: smallSettings(), seed: 2 });
    const conditions = await conditionsOf(10, 10, other);
    await expect(harness.run('SampleLatents', { chunk: 0, guidance: {}, seed: 2 }, [model, conditions])).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('another model'),
    });
  });

  it('keep few networks on the engine, whatever is asked for', async () => {
    const asked = async (seed: number, cells: number): Promise<void> => {
      const conditions = await conditionsOf(cells, cells);
      const sampled = await harness.run('SampleLatents', { chunk: 0, guidance: {}, seed }, [model, conditions]);
      await harness.run('DecodeCells', { chunk: 0, output: 'counts', seed }, [model, conditions, ...sampled.outputs]);
    };
    for (let seed = 0; seed < 8; seed++) for (const cells of [16, 15, 14, 13, 12]) await asked(seed, cells);
    const settled = engine.allocatedBytes();
    for (let seed = 10; seed < 14; seed++) for (const cells of [16, 15, 14, 13, 12]) await asked(seed, cells);
    expect(engine.allocatedBytes()).toBe(settled);
  });

  it('name the engines that computed the cells', async () => {
    const reference = createReferenceEngine();
    const second = new JobHarness(async () => reference, harness.blobs);
    const conditions = await conditionsOf(6, 6);
    const sampled = await harness.run('SampleLatents', { chunk: 0, guidance: {}, seed: 2 }, [model, conditions]);
    const decoded = await second.run('DecodeCells', { chunk: 0, output: 'counts', seed: 2 }, [model, conditions, ...sampled.outputs]);
    const chunks = [{ chunk: 0, cells: outputOf(decoded, 'cells'), latents: outputOf(sampled, 'latents') }];
    const list = await harness.putJson('chunks', 'cfgen.chunks.v1', { chunks });
    const request = { ...draw, output: 'counts', latents: false, compression: 'none', guidance: {} } as const;
    const assembled = await dry.run('AssembleCells', request, [model, conditions, list]);
    expect((await harness.bytes(outputOf(assembled, 'generated'))).includes('wasm + reference')).toBe(true);
    await reference.close();
    second.remove();
  });

  it('list what they keep in the store, so that nothing that is needed is cleared away', async () => {
    const conditions = await conditionsOf(10, 4);
    const json = await harness.json(conditions);
    const { shards } = conditionsManifestSchema.parse(json);
    expect(refsWithin(conditions.schema, json)).toEqual(shards.map(({ ref }) => ref));
    expect(refsWithin(model.schema, await harness.json(model))).toHaveLength(4);
    expect(commandDefinitions.AssembleModel.outputs).toEqual(['model']);
  });
});

describe('problems in a message', () => {
  it('are cut to what a message has room for', () => {
    const long = { severity: 'warning', code: 'long', message: 'm'.repeat(1000), details: { names: 'x'.repeat(5000) } } as const;
    const kept = reported(Array.from({ length: 60 }, () => long));
    expect(kept.length).toBeGreaterThan(10);
    expect(JSON.stringify(kept).length).toBeLessThan(25_000);
    expect(kept[0]).toEqual({ severity: 'warning', code: 'long', message: long.message });
    const short = { severity: 'note', code: 'short', message: 'm', hint: 'h', details: { cells: 3 } } as const;
    expect(reported([short])).toEqual([short]);
  });
});
