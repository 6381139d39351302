import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelManifestSchema, type BlobRef } from '@cfgen/contracts';
import { createWasmEngine, type Engine } from '@cfgen/compute';
import { loadModel } from '@cfgen/model';
import { openMultimodal } from '@cfgen/single-cell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../context';
import { encodeFile } from '../encode/encode-file';
import { generateToFile, type GenerateOptions } from '../generate/generate-to-file';
import { generateByJobs, trainByJobs, type GenerateAsked } from '../testing/job-graphs';
import { JobHarness } from '../testing/job-harness';
import { smallMultimodalSettings, writeSmallMultimodalCells } from '../testing/small-multimodal-cells';
import { trainFromFile, type TrainOptions } from '../train/train-from-file';

const training = { labels: ['cell_type'], batches: [], minCells: 10, missingLabels: 'refuse' } as const;

const usual: Omit<GenerateOptions, 'model' | 'out'> = {
  ...{ overwrite: true, where: new Map(), guidance: new Map(), librarySize: 'prior', seed: 9 },
  ...{ means: false, latents: false, compression: 'gzip' },
};
const asked = {
  draw: { cells: 90, where: {}, covariates: {}, seed: 9 },
  assemble: { output: 'counts', latents: false, compression: 'gzip', guidance: {} },
} as const;

describe.each(['bernoulli', 'poisson'] as const)('the graph of jobs for RNA and ATAC (%s)', (likelihood) => {
  const settings = smallMultimodalSettings(likelihood);
  let engine: Engine;
  let harness: JobHarness;
  let context: StepContext;
  let files: { data: string; split: string; model: string };
  let refs: { data: BlobRef; split: BlobRef; model: BlobRef };
  let train: TrainOptions;

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1 });
    harness = new JobHarness(async () => engine);
    context = { engine, version: '1.2.3', memory: 2 ** 30 };
    const place = join(harness.folder, 'files');
    mkdirSync(place);
    files = { data: join(place, 'small.h5mu'), split: join(place, 'small.tsv'), model: join(place, 'model') };
    await writeSmallMultimodalCells(files.data, files.split);
    const data = await harness.upload('data', files.data);
    const split = await harness.upload('split', files.split);
    train = {
      ...{ ...training, covariates: [], data: files.data, split: files.split, out: files.model, settings, seed: 3 },
      ...{ overwrite: false, resume: false, checkpointEvery: null },
    };
    await trainFromFile(train, context);
    const job = { data, split, fileName: 'small.h5mu', training: { ...training, labels: [...training.labels], batches: [] } };
    refs = { data, split, model: await trainByJobs(harness, { ...job, settings, seed: 3 }) };
  }, 120_000);

  afterAll(async () => {
    await engine.close();
    harness.remove();
  });

  it('trains the model of both that the command line trains, to the byte', async () => {
    const manifest = modelManifestSchema.parse(await harness.json(refs.model));
    for (const [name, ref] of Object.entries(manifest.files)) {
      expect((await harness.bytes(ref)).equals(readFileSync(join(files.model, name))), name).toBe(true);
    }
    const { description } = loadModel(files.model);
    expect(description).toMatchObject({ modality: 'rna+atac', training: { cells: 96 } });
    expect([description.features.names.length, description.atac?.features.names.length]).toEqual([26, 45]);
    expect(description.provenance.notes.join()).toContain('peaks seen in at least 10 of the 120 cells: 45 of 50');
  });

  const cases: [string, () => Partial<GenerateOptions>, () => Pick<GenerateAsked, 'draw' | 'assemble' | 'files'>][] = [
    ['counts', () => ({ cells: 90 }), () => asked],
    [
      'counts of one type with latents',
      () => ({ cells: 90, where: new Map([['cell_type', ['T cells']]]), latents: true }),
      () => ({
        draw: { ...asked.draw, where: { cell_type: ['T cells'] } },
        assemble: { ...asked.assemble, latents: true },
      }),
    ],
    [
      'means for the labels of a file',
      () => ({ like: files.data, split: files.split, means: true, compression: 'none' }),
      () => ({
        files: [{ ...refs.data, name: 'like' }, refs.split],
        draw: { likeName: 'small.h5mu', where: {}, covariates: {}, seed: 9 },
        assemble: { ...asked.assemble, output: 'means', compression: 'none' },
      }),
    ],
  ];

  it.each(cases)(
    'generates %s into the MuData file that the command line writes, to the byte, whatever the chunks',
    async (_what, options, request) => {
      const out = join(harness.folder, 'generated.h5mu');
      await generateToFile({ ...usual, ...options(), model: files.model, out }, context);
      const expected = readFileSync(out);
      for (const chunkCells of [7, 1000]) {
        const generated = await generateByJobs(harness, { ...request(), model: refs.model, chunkCells });
        expect((await harness.bytes(generated)).equals(expected), `chunks of ${chunkCells}`).toBe(true);
      }
    },
  );

  it('writes the same cells of both modalities, with their labels, in a file that it can train on and encode', async () => {
    const out = join(harness.folder, 'files', 'again.h5mu');
    const summary = await generateToFile({ ...usual, cells: 60, model: files.model, out }, context);
    expect(summary).toMatchObject({ features: 26, atac: { features: 45 } });
    const { rna, atac, close } = await openMultimodal(out);
    expect([rna.cells, atac.cells]).toEqual([60, 60]);
    expect(rna.obsNames).toEqual(atac.obsNames);
    expect(atac.label('cell_type').categories).toEqual(['B cells', 'NK cells', 'T cells']);
    expect(atac.scan().max === 1).toBe(likelihood === 'bernoulli');
    expect(atac.scan().nonzeros).toBe(summary.atac?.nonzeros);
    close();
    const latents = join(harness.folder, 'files', 'latents.h5ad');
    expect(await encodeFile({ model: files.model, data: out, out: latents, overwrite: true }, context)).toMatchObject({
      cells: 60,
      latent: 4,
    });
  });

  it('trains on RNA alone when that is asked for, and refuses names of files that cannot hold what is generated', async () => {
    const { multimodal: _both, ...rnaSettings } = settings;
    const out = join(harness.folder, 'files', `rna-${likelihood}`);
    const { description } = await trainFromFile({ ...train, out, modality: 'rna', settings: rnaSettings }, context);
    expect(description).toMatchObject({ modality: 'rna' });
    expect(description.atac).toBeUndefined();
    const refused = { code: 'REQUEST_INVALID', hint: expect.stringContaining('.h5') };
    const generate = (model: string, name: string) =>
      generateToFile({ ...usual, cells: 5, model, out: join(harness.folder, name) }, context);
    await expect(generate(files.model, 'cells.h5ad')).rejects.toMatchObject(refused);
    await expect(generate(out, 'cells.h5mu')).rejects.toMatchObject(refused);
    const mismatched = trainFromFile({ ...train, out: `${out}-2`, modality: 'rna', checkpointEvery: { epochs: 1, steps: 1 } }, context);
    await expect(mismatched).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(existsSync(`${out}-2`)).toBe(false);
  });
});
