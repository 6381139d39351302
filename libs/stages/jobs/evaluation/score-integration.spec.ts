import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoreIntegrationOfFile } from '../../integration/score-file';
import { JobHarness, outputOf } from '../../testing/job-harness';
import { writeSmallCells } from '../../testing/small-cells';

const harness = new JobHarness(() => Promise.reject(new Error('no engine is needed')));
const place = join(harness.folder, 'files');
const data = join(place, 'small.h5ad');

beforeAll(async () => {
  mkdirSync(place);
  await writeSmallCells(data, join(place, 'small.tsv'));
});
afterAll(() => harness.remove());

const asked = { label: 'cell_type', batch: 'donor', embeddings: ['pca'], before: 'pca', exclude: {}, unlabelled: [], minMax: false };

describe('scoring an integration as a job', () => {
  it('gives the figures and the table that the command line writes, to the byte', async () => {
    const settings = { profile: 'scib-2024', seed: 2 } as const;
    const out = join(place, 'scores');
    await scoreIntegrationOfFile({ ...asked, data, settings, out, overwrite: false }, { version: '1.2.3', memory: 2 ** 30 });
    const outcome = await harness.run('ScoreIntegration', { ...asked, fileName: 'small.h5ad', settings }, [
      await harness.upload('data', data),
    ]);
    for (const [output, file] of [
      ['scores', 'integration.json'],
      ['table', 'integration.tsv'],
    ] as const) {
      expect((await harness.bytes(outputOf(outcome, output))).toString()).toBe(readFileSync(join(out, file), 'utf8'));
    }
    expect(Object.keys(outcome.data.figures)).toEqual(expect.arrayContaining(['silhouette-batch', 'ilisi', 'total']));
  });

  it('leaves out the cells it is told to, and treats a label as not known', async () => {
    const upload = await harness.upload('data', data);
    const request = { ...asked, fileName: 'small.h5ad', settings: {}, exclude: { donor: ['d2'] }, unlabelled: ['T cells'] };
    const outcome = await harness.run('ScoreIntegration', request, [upload]);
    const report = (await harness.json(outputOf(outcome, 'scores'))) as {
      excluded: unknown;
      embeddings: { result: { cells: number; labelledCells: number } }[];
    };
    expect(report.excluded).toEqual([{ column: 'donor', value: 'd2', cells: 50 }]);
    expect(report.embeddings[0]!.result).toMatchObject({ cells: 100, labelledCells: 75 });
    expect(outcome.data.figures['ilisi']).toBeNull();
  });

  it.each([
    [{ settings: { profile: 'scib-1999' } }, 'REQUEST_INVALID', /profile/],
    [{ settings: { colour: 1 } }, 'REQUEST_INVALID', /colour/],
    [{ embeddings: ['X_umap'] }, 'REQUEST_UNKNOWN_VALUE', /X_umap/],
    [{ label: 'tissue' }, 'LABEL_MISSING', /tissue/],
    [{ batch: 'cell_type' }, 'REQUEST_INVALID', /both the label and the batch/],
    [{ exclude: { donor: ['d9'] } }, 'REQUEST_UNKNOWN_VALUE', /d9/],
    [{ unlabelled: ['unknown'] }, 'REQUEST_UNKNOWN_VALUE', /"unknown"/],
    [{ exclude: { donor: ['d1', 'd2'] } }, 'INPUT_TOO_FEW_CELLS', /no cell is left/],
  ])('refuses %j', async (wrong, code, message) => {
    const upload = await harness.upload('data', data);
    const request = { ...asked, fileName: 'small.h5ad', settings: {}, ...wrong };
    await expect(harness.run('ScoreIntegration', request, [upload])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
