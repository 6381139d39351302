import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelManifestSchema, type BlobRef, type CommandData } from '@cfgen/contracts';
import { createWasmEngine, type Engine } from '@cfgen/compute';
import { openDataset } from '@cfgen/single-cell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { augmentToFile, previewAugmentation, type AugmentOptions } from '../../augment/augment-to-file';
import { evaluateAugmentationFiles } from '../../augment/evaluate-augmentation-files';
import type { StepContext } from '../../context';
import { importToFolder } from '../../import/import-model';
import { JobHarness, outputOf } from '../../testing/job-harness';
import { smallSettings } from '../../testing/small-cells';
import { trainedCellsIn, trainSmallCells, type TrainedCells } from '../../testing/trained-cells';
import { trainFromFile } from '../../train/train-from-file';

const training = { labels: ['cell_type'], batches: ['donor'], minCells: 10, minCellsPeaks: 1, missingLabels: 'refuse' } as const;

describe('augmentation', () => {
  let engine: Engine;
  let harness: JobHarness;
  let context: StepContext;
  let files: TrainedCells<string>;
  let refs: TrainedCells<BlobRef>;

  beforeAll(async () => {
    engine = await createWasmEngine({ threads: 1 });
    harness = new JobHarness(async () => engine);
    context = { engine, version: '1.2.3', memory: 2 ** 30 };
    const place = join(harness.folder, 'files');
    files = trainedCellsIn(place);
    refs = await trainSmallCells(place, harness, context);
  }, 120_000);

  afterAll(async () => {
    await engine.close();
    harness.remove();
  });

  const usual = (changes: Partial<AugmentOptions> = {}): AugmentOptions => ({
    ...{ model: files.model, data: files.data, label: 'cell_type', target: 300, maxFactor: 20, minSupport: 5, seed: 4 },
    ...{ out: join(harness.folder, 'augmented.h5ad'), overwrite: true, guidance: new Map(), compression: 'gzip' },
    ...changes,
  });

  /** The graph of an augmentation. @returns the file, and what else the steps made */
  async function byJobs(plan: Partial<CommandData<'PlanAugmentation'>>, chunkCells: number, split?: BlobRef) {
    const { model, data } = refs;
    const cells = [data, ...(split === undefined ? [] : [split])];
    const names = { fileName: 'small.h5ad', ...(split === undefined ? {} : { splitName: 'small.tsv' }) };
    const seed = plan.seed ?? 4;
    const asked = { label: 'cell_type', target: 300, maxFactor: 20, minSupport: 5, ...plan, chunkCells, seed, ...names };
    const planned = await harness.run('PlanAugmentation', asked, [model, ...cells]);
    const conditions = outputOf(planned, 'conditions');
    const chunks = [];
    for (let chunk = 0; chunk < planned.data.chunks; chunk++) {
      const sampled = await harness.run('SampleLatents', { chunk, guidance: {}, seed }, [model, conditions]);
      const decoded = await harness.run('DecodeCells', { chunk, output: 'counts', seed }, [model, conditions, ...sampled.outputs]);
      chunks.unshift({ chunk, cells: outputOf(decoded, 'cells'), latents: outputOf(sampled, 'latents') });
    }
    const list = await harness.putJson('chunks', 'cfgen.chunks.v1', { chunks });
    const writing = { compression: 'gzip', seed, guidance: {}, ...names } as const;
    const assembled = await harness.run('AssembleAugmented', writing, [model, ...planned.outputs, list, ...cells]);
    return { planned, file: outputOf(assembled, 'augmented'), data: assembled.data };
  }

  it('writes the real cells as they are and the generated ones after them, told apart by a column', async () => {
    const { plan } = await augmentToFile(usual(), context);
    expect(plan).toMatchObject({ real: 150, generated: 150, unlabelled: 0 });
    const real = await openDataset(files.data);
    const augmented = await openDataset(usual().out);
    expect(augmented.cells).toBe(300);
    expect(augmented.obsNames.slice(0, 150)).toEqual(real.obsNames);
    const source = augmented.label('cfgen_source');
    expect(source.categories).toEqual(['generated', 'real']);
    expect(Array.from(source.codes.slice(0, 150))).toEqual(Array.from({ length: 150 }, () => 1));
    const type = augmented.label('cell_type');
    const names = Array.from(type.codes, (code) => type.categories[code]);
    for (const row of plan.rows) {
      expect(names.slice(0, 150).filter((name) => name === row.label)).toHaveLength(row.real);
      expect(names.slice(150).filter((name) => name === row.label)).toHaveLength(row.generated);
    }
    // Genes that the model was not trained on are left out; the others have the counts they had.
    const kept = augmented.varNames.map((name) => real.varNames.indexOf(name));
    const totals = (set: typeof real): Float64Array => set.scan({ memory: 2 ** 24 }).cellTotals;
    expect(kept).not.toContain(-1);
    expect(kept.length).toBeLessThan(real.features);
    totals(augmented)
      .slice(0, 150)
      .forEach((total, i) => expect(total).toBeLessThanOrEqual(totals(real)[i] ?? 0));
    real.close();
    augmented.close();
  });

  it('writes by jobs the file that the command line writes, to the byte, whatever the chunks', async () => {
    for (const [options, plan, split] of [
      [usual(), {}, undefined],
      [usual({ by: 'donor', split: files.split, minSupport: 0, seed: 7 }), { by: 'donor', minSupport: 0, seed: 7 }, refs.split],
    ] as const) {
      await augmentToFile(options, context);
      const expected = readFileSync(options.out);
      for (const chunkCells of [17, 1000]) {
        const { file, data } = await byJobs(plan, chunkCells, split);
        expect((await harness.bytes(file)).equals(expected), `chunks of ${chunkCells}`).toBe(true);
        expect(data.real).toBe(split === undefined ? 150 : 120);
      }
    }
  });

  it('evaluates by jobs to the figures and the report that the command line writes', async () => {
    const { split } = files;
    const report = join(harness.folder, 'report');
    const options = { ...usual(), split, report, replicates: 2, settings: { neighbours: 5 } };
    const { result } = await evaluateAugmentationFiles(options, context);
    expect(result.notes).toEqual([]);
    const augmented = [];
    for (const r of [0, 1]) augmented.push({ ...(await byJobs({ seed: 4 + r }, 64, refs.split)).file, name: `augmented-${r}` });
    const asked = { fileName: 'small.h5ad', splitName: 'small.tsv', label: 'cell_type', neighbours: 5, seed: 4 };
    const outcome = await harness.run('EvaluateAugmentation', { ...asked, augmentedNames: ['augmented-0.h5ad', 'augmented-1.h5ad'] }, [
      refs.data,
      refs.split,
      ...augmented,
      refs.model,
    ]);
    const read = async (name: string): Promise<string> => (await harness.bytes(outputOf(outcome, name))).toString();
    expect(await read('metrics')).toBe(readFileSync(join(report, 'augmentation.json'), 'utf8'));
    expect(await read('report')).toBe(readFileSync(join(report, 'augmentation.html'), 'utf8'));
    expect(Object.keys(outcome.data.figures)).toContain('celltypist.gain');
  });

  it('tells when the model may have seen the cells it is judged by', async () => {
    const out = join(harness.folder, 'seen-all');
    const settings = smallSettings();
    const all = { ...training, data: files.data, out, settings, seed: 3, overwrite: false, resume: false, checkpointEvery: null };
    await trainFromFile(all, context);
    const report = join(harness.folder, 'report-2');
    const options = { ...usual({ model: out }), split: files.split, report, replicates: 1 };
    const { result } = await evaluateAugmentationFiles(options, context);
    expect(result.notes.join()).toContain('the model was trained on all cells of this file');
  });

  it('shows the plan without writing, and tells what it leaves out', async () => {
    const told: string[] = [];
    const out = join(harness.folder, 'nothing.h5ad');
    const plan = await previewAugmentation(
      { ...usual({ out }), maxFactor: 0.1, by: 'donor', minSupport: 20 },
      { ...context, onProblem: ({ code }) => told.push(code) },
    );
    expect(plan.rows.map(({ label, stratum }) => `${stratum ?? ''} ${label}`)).toEqual([
      'd1 B cells',
      'd1 NK cells',
      'd1 T cells',
      'd2 B cells',
      'd2 T cells',
    ]);
    expect(plan.generated).toBeLessThan(150);
    expect(told).toContain('augmentation-below-target');
    expect(() => readFileSync(out)).toThrow();
  });

  it.each<[string, Partial<AugmentOptions>, string]>([
    ['a label that the model does not know', { label: 'tissue' }, 'the model was not trained with a column "tissue"'],
    ['a target that is reached', { target: 150 }, 'the target is 150 cells, and there are 150 already'],
    ['labels that are all too rare', { minSupport: 1000 }, 'no label can be topped up'],
  ])('is refused for %s', async (_what, changes, message) => {
    await expect(augmentToFile(usual(changes), context)).rejects.toThrow(message);
  });

  it('is refused for a file that was augmented before', async () => {
    await augmentToFile(usual(), context);
    const again = usual({ data: usual().out, target: 400, out: join(harness.folder, 'twice.h5ad') });
    await expect(augmentToFile(again, context)).rejects.toThrow('it was augmented before');
  });

  it('with an imported model, which jobs import to the bytes of the command line', async () => {
    const fixture = (name: string): string => fileURLToPath(new URL(`../../import/fixtures/${name}`, import.meta.url));
    const out = join(harness.folder, 'imported');
    await importToFolder(
      { checkpoint: fixture('checkpoint.safetensors'), data: fixture('train.h5ad'), batches: ['donor'], out, overwrite: false },
      context,
    );
    const outcome = await harness.run(
      'ImportModel',
      { checkpointName: 'checkpoint.safetensors', fileName: 'train.h5ad', batches: ['donor'] },
      [await harness.upload('checkpoint', fixture('checkpoint.safetensors')), await harness.upload('data', fixture('train.h5ad'))],
    );
    const manifest = modelManifestSchema.parse(await harness.json(outputOf(outcome, 'model')));
    for (const [name, ref] of Object.entries(manifest.files)) {
      expect((await harness.bytes(ref)).equals(readFileSync(join(out, name))), name).toBe(true);
    }
  });
});
