import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReferenceEngine } from '@cfgen/compute';
import type { BlobRef } from '@cfgen/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../../context';
import { correctToFile } from '../../correct/correct-to-file';
import { imputeToFile } from '../../impute/impute-to-file';
import { JobHarness, outputOf } from '../../testing/job-harness';
import { trainedCellsIn, trainSmallCells, type TrainedCells } from '../../testing/trained-cells';

const engine = createReferenceEngine();
const harness = new JobHarness(() => Promise.resolve(engine));
const context: StepContext = { engine, version: '1.2.3', memory: 2 ** 30 };
const place = join(harness.folder, 'files');
const files = trainedCellsIn(place);
let refs: TrainedCells<BlobRef>;

beforeAll(async () => {
  refs = await trainSmallCells(place, harness, context);
}, 120_000);
afterAll(async () => {
  await engine.close();
  harness.remove();
});

const solver = { method: 'rk4', steps: 4 } as const;
const local = { model: files.model, data: files.data, overwrite: true, missing: 'refuse', compression: 'gzip', solver } as const;
const asked = { fileName: 'small.h5ad', missing: 'refuse', compression: 'gzip', solver } as const;

describe('a correction as a job', () => {
  it('writes the file of the command line, to the byte, and tells how well cells came home', async () => {
    const summary = await correctToFile(
      { ...local, out: join(place, 'corrected.h5ad'), guidance: new Map([['donor', 1.5]]), means: true, seed: 4 },
      context,
    );
    const outcome = await harness.run('CorrectCells', { ...asked, guidance: { donor: 1.5 }, means: true, seed: 4 }, [
      refs.model,
      refs.data,
    ]);
    expect((await harness.bytes(outputOf(outcome, 'corrected'))).equals(readFileSync(summary.out))).toBe(true);
    expect(outcome.data.figures).toMatchObject({ cells: 150, 'round trip, half of the cells': summary.roundTrip.quantiles.q50 });
  }, 60_000);

  it('does so for a part of the cells, another reference and an archive of Zarr', async () => {
    const out = join(place, 'corrected.zarr.zip');
    const split = { file: files.split, part: 'train' } as const;
    await correctToFile(
      { ...local, out, split, batch: 'donor', reference: 'd2', bound: 0.1, guidance: new Map(), means: false, seed: 5 },
      context,
    );
    const outcome = await harness.run(
      'CorrectCells',
      {
        ...{ ...asked, splitName: 'small.tsv', part: 'train', batch: 'donor', reference: 'd2', bound: 0.1 },
        ...{ guidance: {}, means: false, seed: 5, format: 'zarr' },
      },
      [refs.model, refs.data, refs.split],
    );
    expect((await harness.bytes(outputOf(outcome, 'corrected'))).equals(readFileSync(out))).toBe(true);
    expect(outcome.data.figures['round trip, bound']).toBe(0.1);
  }, 60_000);

  it('refuses a reference that the model does not know', async () => {
    const run = harness.run('CorrectCells', { ...asked, reference: 'd9', guidance: {}, means: false, seed: 4 }, [refs.model, refs.data]);
    await expect(run).rejects.toMatchObject({ code: 'REQUEST_UNKNOWN_VALUE' });
  });

  it('tells where it stands, and stops when it is told to', async () => {
    const stages: string[] = [];
    const run = harness.run('CorrectCells', { ...asked, guidance: {}, means: false, seed: 4 }, [refs.model, refs.data], {
      onProgress: ({ stage }, stop) => {
        stages.push(stage);
        stop();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(stages.length).toBeGreaterThan(0);
  });
});

describe('an imputation as a job', () => {
  it('writes the file of the command line, to the byte, and passes its warning on', async () => {
    const split = { file: files.split, part: 'test' } as const;
    const summary = await imputeToFile(
      { ...local, out: join(place, 'imputed.h5ad'), split, noise: 0.2, guidance: new Map(), seed: 4 },
      context,
    );
    const outcome = await harness.run('ImputeCells', { ...asked, splitName: 'small.tsv', noise: 0.2, guidance: {}, seed: 4 }, [
      refs.model,
      refs.data,
      refs.split,
    ]);
    expect((await harness.bytes(outputOf(outcome, 'imputed'))).equals(readFileSync(summary.out))).toBe(true);
    expect(outcome.data.figures['cells']).toBe(summary.cells);
    expect(outcome.data.problems.map(({ severity }) => severity)).toContain('warning');
  }, 60_000);
});
