import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelManifestSchema, type BlobRef } from '@cfgen/contracts';
import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import { evaluateFiles } from '../evaluate/evaluate-files';
import { generateToFile, type GenerateOptions } from '../generate/generate-to-file';
import { generateByJobs, type GenerateAsked } from '../testing/job-graphs';
import { JobHarness, outputOf } from '../testing/job-harness';
import { trainedCellsIn, trainSmallCells, type TrainedCells } from '../testing/trained-cells';

describe.each([
  ['the wasm engine', () => createWasmEngine({ threads: 1 }), []],
  ['the reference engine', async () => createReferenceEngine(), []],
  ['the wasm engine, with a covariate', () => createWasmEngine({ threads: 1 }), ['pseudotime']],
] as const)('the graph of jobs on %s', (_name, createEngine, covariates) => {
  let engine: Engine;
  let harness: JobHarness;
  let context: StepContext;
  let files: TrainedCells<string>;
  let refs: TrainedCells<BlobRef>;

  beforeAll(async () => {
    engine = await createEngine();
    harness = new JobHarness(async () => engine);
    context = { engine, version: '1.2.3', memory: 2 ** 30 };
    const place = join(harness.folder, 'files');
    files = trainedCellsIn(place);
    refs = await trainSmallCells(place, harness, context, covariates);
  }, 120_000);

  afterAll(async () => {
    await engine.close();
    harness.remove();
  });

  it('trains the model that the command line trains, to the byte', async () => {
    const manifest = modelManifestSchema.parse(await harness.json(refs.model));
    expect(Object.keys(manifest.files).sort()).toEqual(['README.md', 'autoencoder.safetensors', 'flow.safetensors', 'model.json']);
    for (const [name, ref] of Object.entries(manifest.files)) {
      expect((await harness.bytes(ref)).equals(readFileSync(join(files.model, name))), name).toBe(true);
    }
  });

  const usual: Omit<GenerateOptions, 'model' | 'out'> = {
    ...{ overwrite: true, where: new Map(), guidance: new Map(), librarySize: 'prior', seed: 9 },
    ...{ means: false, latents: false, compression: 'gzip' },
  };
  const asked = {
    draw: { cells: 130, where: {}, seed: 9 },
    assemble: { output: 'counts', latents: false, compression: 'gzip', guidance: {} },
  } as const;
  const cases: [string, () => Partial<GenerateOptions>, () => Pick<GenerateAsked, 'draw' | 'assemble' | 'files'>][] = [
    ['as in training', () => ({ cells: 130 }), () => asked],
    [
      'with conditions, guidance, a solver and latents',
      () => ({
        ...{
          cells: 130,
          where: new Map([
            ['cell_type', ['NK cells', 'T cells']],
            ['donor', ['d2']],
          ]),
          guidance: new Map([['cell_type', 2]]),
        },
        ...{ solver: { method: 'dopri5', tolerance: 1e-4, maxSteps: 1000 }, librarySize: '5e2', latents: true },
      }),
      () => ({
        draw: { cells: 130, where: { cell_type: ['NK cells', 'T cells'], donor: ['d2'] }, librarySize: 500, seed: 9 },
        assemble: {
          ...asked.assemble,
          guidance: { cell_type: 2 },
          solver: { method: 'dopri5', tolerance: 1e-4, maxSteps: 1000 },
          latents: true,
        },
      }),
    ],
    [
      'like the test cells of a file, as means',
      () => ({ like: files.data, split: files.split, means: true, compression: 'none' }),
      () => ({
        files: [{ ...refs.data, name: 'like' }, refs.split],
        draw: { likeName: 'small.h5ad', where: {}, seed: 9 },
        assemble: { ...asked.assemble, output: 'means', compression: 'none' },
      }),
    ],
    [
      'with library sizes of a file',
      () => ({ cells: 130, librarySize: files.data }),
      () => ({
        files: [{ ...refs.data, name: 'library-size' }],
        draw: { ...asked.draw, librarySizeName: 'small.h5ad' },
        assemble: asked.assemble,
      }),
    ],
    [
      'for an atlas, in Zarr',
      () => ({ cells: 130, profile: 'cellxgene', latents: true }),
      () => ({ ...asked, assemble: { ...asked.assemble, format: 'zarr', profile: 'cellxgene', latents: true } }),
    ],
  ];

  const covariateCases = covariates.length === 0 ? [] : [0.25];
  it.each(covariateCases)(
    'generates at the value %s of the covariate the file that the command line writes, to the byte',
    async (value) => {
      const out = join(harness.folder, 'generated.h5ad');
      await generateToFile({ ...usual, cells: 50, covariates: new Map([['pseudotime', value]]), model: files.model, out }, context);
      const covariates = { pseudotime: value };
      const request = { draw: { ...asked.draw, cells: 50, covariates }, assemble: { ...asked.assemble, covariates } };
      const generated = await generateByJobs(harness, { ...request, model: refs.model, chunkCells: 20 });
      expect((await harness.bytes(generated)).equals(readFileSync(out))).toBe(true);
      const dataset = await openDataset(out, {});
      expect(new Set(dataset.numbers('pseudotime'))).toEqual(new Set([value]));
      dataset.close();
    },
  );

  it.each(cases)(
    'generates %s the file that the command line writes, to the byte, whatever the chunks',
    async (_what, options, request) => {
      const out = join(harness.folder, `generated.${'format' in request().assemble ? 'zarr.zip' : 'h5ad'}`);
      await generateToFile({ ...usual, ...options(), model: files.model, out }, context);
      const expected = readFileSync(out);
      for (const chunkCells of [7, 64, 1000]) {
        const generated = await generateByJobs(harness, { ...request(), model: refs.model, chunkCells });
        expect((await harness.bytes(generated)).equals(expected), `chunks of ${chunkCells}`).toBe(true);
      }
    },
  );

  it('evaluates to the figures and the report that the command line writes', async () => {
    const generated = join(harness.folder, 'files', 'synthetic.h5ad');
    await generateToFile({ ...usual, cells: 60, model: files.model, out: generated }, context);
    const settings = { seed: 1, components: 5, trees: 5, bootstrap: 20, mapCells: 0 };
    const out = join(harness.folder, 'report');
    const { split, model } = files;
    await evaluateFiles(
      { real: files.data, generated: [generated], label: 'cell_type', donor: 'donor', split, model, out, overwrite: true, settings },
      context,
    );
    const outcome = await harness.run(
      'EvaluateCells',
      { realName: 'small.h5ad', generatedNames: ['synthetic.h5ad'], label: 'cell_type', donor: 'donor', settings },
      [{ ...refs.data, name: 'real' }, await harness.upload('generated-0', generated), refs.split, refs.model],
    );
    expect((await harness.bytes(outputOf(outcome, 'metrics'))).toString()).toBe(readFileSync(join(out, 'metrics.json'), 'utf8'));
    expect((await harness.bytes(outputOf(outcome, 'report'))).toString()).toBe(readFileSync(join(out, 'report.html'), 'utf8'));
    expect(Object.keys(outcome.data.figures)).toContain('auc.forest');
    expect(outcome.data.intervals?.['auc.forest']).toHaveLength(2);
    expect(outcome.data.privacyPassed).toBeTypeOf('boolean');
  });
});
