import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReferenceEngine } from '@cfgen/compute';
import { loadModel } from '@cfgen/model';
import type { BlobRef } from '@cfgen/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepContext } from '../../context';
import { guideFromFile } from '../../guide/guide-file';
import { weightGrid } from '../../guide/weight-grid';
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

const grid = { cell_type: [0, 2], donor: [0, 1] };

describe('a sweep over guidance weights', () => {
  it('as a job gives the files that the command line writes, to the byte', async () => {
    const settings = { cells: 40, components: 5, band: [1e-6, 1e6] as [number, number], seed: 4 };
    const out = join(place, 'guidance');
    const { result } = await guideFromFile({ ...files, grid, settings, out, overwrite: false }, context);
    expect(result.sweep.map(({ weights }) => weights)).toEqual([
      { cell_type: 0, donor: 0 },
      { cell_type: 0, donor: 1 },
      { cell_type: 2, donor: 0 },
      { cell_type: 2, donor: 1 },
    ]);
    expect(result.real.cells).toBe(30);
    const outcome = await harness.run('SweepGuidance', { fileName: 'small.h5ad', splitName: 'small.tsv', grid, settings }, [
      refs.model,
      refs.data,
      refs.split,
    ]);
    for (const [output, name] of [
      ['scores', 'guidance.json'],
      ['table', 'guidance.tsv'],
      ['plot', 'guidance.svg'],
    ] as const) {
      expect((await harness.bytes(outputOf(outcome, output))).toString(), name).toBe(readFileSync(join(out, name), 'utf8'));
    }
    const recommended = result.recommended!;
    expect(outcome.data.figures['weight cell_type']).toBe(recommended.weights['cell_type']);
    expect(outcome.data.figures['mean agreement']).toBe(recommended.meanAgreement);
    await expect(guideFromFile({ ...files, grid, settings, out, overwrite: false }, context)).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
  }, 60_000);

  it('keeps the usual weight of attributes that are not named', () => {
    const { description } = loadModel(files.model);
    const usual = description.settings.guidance;
    expect(weightGrid({ donor: [2, 0, 2] }, description)).toEqual([
      [usual, 0],
      [usual, 2],
    ]);
  });

  it.each([
    [{ tissue: [1] }, 'REQUEST_UNKNOWN_VALUE'],
    [{ cell_type: [-1] }, 'REQUEST_INVALID'],
    [{ cell_type: [] }, 'REQUEST_INVALID'],
    [{ cell_type: Array.from({ length: 100 }, (_, i) => i), donor: [0, 1, 2, 3, 4] }, 'REQUEST_INVALID'],
  ])('refuses the grid %j', (wrong, code) => {
    expect(() => weightGrid(wrong, loadModel(files.model).description)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('refuses a band that is none, and too few cells', async () => {
    for (const settings of [{ band: [2, 1] as [number, number] }, { cells: 5 }]) {
      await expect(guideFromFile({ ...files, grid, settings, out: join(place, 'no'), overwrite: false }, context)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
      });
    }
  });

  it('stops on a signal', async () => {
    const stop = new AbortController();
    stop.abort();
    const asked = guideFromFile({ ...files, grid, out: join(place, 'no'), overwrite: false }, { ...context, signal: stop.signal });
    await expect(asked).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
