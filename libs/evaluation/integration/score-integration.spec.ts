import { describe, expect, it } from 'vitest';
import { minMaxScaled } from './aggregates';
import { golden, goldenEmbedding, labelsOf } from './fixtures/golden';
import type { IntegrationResult } from './result';
import { scoreIntegration, type IntegrationInput } from './score-integration';
import type { IntegrationOptions } from './settings';

const before = goldenEmbedding('before');
const after = goldenEmbedding('after');
const labels = labelsOf(golden.labels);
const batches = labelsOf(golden.batches);
const input: IntegrationInput = {
  ...{ embedding: after.values, cells: 440, dims: 20, labels, batches },
  unintegrated: { values: before.values, dims: 20 },
};
const score = (more: Partial<IntegrationInput> = {}, options: IntegrationOptions = {}): Promise<IntegrationResult> =>
  scoreIntegration({ ...input, ...more }, options);
const valueOf = (result: IntegrationResult, id: string): number | null => result.metrics.find((metric) => metric.id === id)!.value;
const reasonOf = (result: IntegrationResult, id: string): string | undefined => result.metrics.find((metric) => metric.id === id)!.reason;

async function refusal(more: Partial<IntegrationInput>, options: IntegrationOptions = {}): Promise<unknown> {
  return score(more, options).catch((error: unknown) => error);
}

describe('scoring an integration', async () => {
  const result = await score();

  it('gives the metrics of scib-metrics under its names and groups', () => {
    const printed = golden.benchmarker.after;
    for (const { title, group, value } of result.metrics) {
      expect(golden.benchmarker['Metric Type'][title]).toBe(group === 'bio' ? 'Bio conservation' : 'Batch correction');
      // k-means ends elsewhere by chance, kBET is computed in float64 here, and the reference searched approximately.
      const tolerance = title.startsWith('KMeans') ? 0.05 : title === 'KBET' ? 0.1 : 1e-3;
      expect(Math.abs(value! - printed[title]), title).toBeLessThan(tolerance);
    }
    expect(result.metrics.map(({ title }) => title).sort()).toEqual(
      Object.keys(printed)
        .filter((title) => !['Batch correction', 'Bio conservation', 'Total'].includes(title))
        .sort(),
    );
  });

  it('means are over the groups, and the total weighs them 0.6 to 0.4', () => {
    const mean = (group: string): number => {
      const own = result.metrics.filter((metric) => metric.group === group);
      return own.reduce((sum, { value }) => sum + value! / own.length, 0);
    };
    const { bio, batch, total } = result.aggregates;
    expect(bio.value).toBeCloseTo(mean('bio'), 12);
    expect(batch.value).toBeCloseTo(mean('batch'), 12);
    expect(total).toBeCloseTo(0.6 * mean('bio') + 0.4 * mean('batch'), 12);
  });

  it('says label by label what there is, and how much variance is left', async () => {
    const dendritic = result.labels.find(({ label }) => label === 'Dendritic cells')!;
    expect(dendritic.kbet.reason).toMatch(/one batch/);
    expect(result.labels.every(({ varianceRatio }) => varianceRatio.value! > 0.8 && varianceRatio.value! <= 1)).toBe(true);
    const collapsed = await score({ embedding: shrunk(0.1) });
    for (const [at, { varianceRatio, relativeVarianceRatio }] of collapsed.labels.entries()) {
      expect(varianceRatio.value).toBeCloseTo(0.01 * result.labels[at].varianceRatio.value!, 9);
      // The scale of the embedding alone says nothing.
      expect(relativeVarianceRatio.value).toBeCloseTo(result.labels[at].relativeVarianceRatio.value!, 9);
    }
  });

  it('is plain JSON, the same for the same input, and moves with the seed in k-means alone', async () => {
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(await score()).toEqual(result);
    const other = await score({}, { seed: 5, kMeansStarts: 1 });
    const differing = other.metrics.filter(({ id, value }) => value !== valueOf(result, id)).map(({ id }) => id);
    expect(differing.every((id) => id.startsWith('kmeans'))).toBe(true);
  });

  it('scores batches by the silhouette in the profile of 2024', async () => {
    const older = await score({}, { profile: 'scib-2024' });
    expect(valueOf(older, 'silhouette-batch')).toBeCloseTo(golden.after.silhouette_batch, 4);
    expect(older.metrics.some(({ id }) => id === 'bras')).toBe(false);
    expect(older.aggregates.batch.of).toContain('silhouette-batch');
    expect(valueOf(await score({}, { bras: 'furthest' }), 'bras')).toBeCloseTo(golden.after.bras_furthest, 4);
  });

  it('finds the same with approximate neighbours, nearly, and states the recall', async () => {
    const approximate = await score({}, { neighbours: 'approximate' });
    expect(approximate.neighbours).toMatchObject({ method: 'approximate', k: 90, recallCells: 200 });
    expect(approximate.neighbours.recall).toBeGreaterThan(0.97);
    expect(valueOf(approximate, 'ilisi')).toBeCloseTo(valueOf(result, 'ilisi')!, 2);
    expect(result.neighbours).toEqual({ method: 'exact', k: 90, recall: 1, recallCells: null });
  });

  it('leaves out of the means what is not defined, and says why', async () => {
    const oneBatch = await score({ batches: labelsOf(golden.batches.map(() => 'only')) });
    for (const id of ['bras', 'ilisi', 'kbet', 'pcr-comparison']) {
      expect(valueOf(oneBatch, id)).toBeNull();
      expect(reasonOf(oneBatch, id)).toMatch(/one batch/);
    }
    expect(oneBatch.aggregates.batch.of).toEqual(['graph-connectivity']);
    expect(oneBatch.aggregates.batch.leftOut).toContainEqual({ id: 'ilisi', reason: 'all cells are of one batch' });
    const alone = await scoreIntegration({ embedding: after.values, cells: 440, dims: 20, labels, batches });
    expect(reasonOf(alone, 'pcr-comparison')).toBe('no unintegrated embedding was given');
    expect(alone.labels[0].varianceRatio).toEqual({ value: null, reason: 'no unintegrated embedding was given' });
    const oneLabel = await score({ labels: labelsOf(golden.labels.map(() => 'cell')) });
    expect(oneLabel.aggregates).toMatchObject({ bio: { value: null }, total: null });
  });

  it('lets cells without a label take part in what needs none, on request', async () => {
    const codes = labels.codes.map((code, cell) => (cell % 4 === 0 ? -1 : code));
    const partly = await score({ labels: { ...labels, codes } }, { unlabelled: 'batch-only' });
    expect([partly.cells, partly.labelledCells]).toEqual([440, 330]);
    for (const id of ['ilisi', 'pcr-comparison']) expect(valueOf(partly, id)).toBe(valueOf(result, id));
    const rows = Array.from(codes.keys()).filter((cell) => codes[cell] >= 0);
    const labelledAlone = await scoreIntegration({
      embedding: Float64Array.from(rows.flatMap((row) => Array.from(after.values.subarray(row * 20, (row + 1) * 20)))),
      ...{
        cells: 330,
        dims: 20,
        labels: labelsOf(rows.map((row) => golden.labels[row])),
        batches: labelsOf(rows.map((row) => golden.batches[row])),
      },
    });
    for (const id of ['silhouette-label', 'kmeans-nmi', 'clisi', 'kbet', 'bras', 'graph-connectivity']) {
      expect(valueOf(partly, id), id).toBe(valueOf(labelledAlone, id));
    }
  });

  it('copes with a handful of cells', async () => {
    const few = await scoreIntegration({
      ...{ embedding: Float64Array.of(0, 1, 2, 3, 10, 11, 12, 13), cells: 8, dims: 1 },
      ...{ labels: labelsOf(['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']), batches: labelsOf([0, 1, 0, 1, 0, 1, 0, 1]) },
    });
    expect(few.neighbours.k).toBe(8);
    expect(valueOf(few, 'kmeans-ari')).toBe(1);
    expect(reasonOf(few, 'kbet')).toBe('no label could be tested');
    expect(JSON.parse(JSON.stringify(few))).toEqual(few);
  });

  it('tells how far it is and stops on a signal', async () => {
    const shares: number[] = [];
    await score({}, { onProgress: (_, share) => shares.push(share) });
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares.at(-1)).toBeLessThan(1);
    const stop = new AbortController();
    stop.abort();
    expect(await refusal({}, { signal: stop.signal })).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('refuses what it cannot score, naming it', async () => {
    const broken = after.values.slice();
    broken[45] = NaN;
    expect(await refusal({ embedding: broken })).toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'The embedding has NaN for cell 2, dimension 5.',
    });
    expect(await refusal({ dims: 19 })).toMatchObject({ code: 'REQUEST_INVALID' });
    const codes = labels.codes.slice();
    codes[7] = -1;
    expect(await refusal({ labels: { ...labels, codes } })).toMatchObject({
      code: 'LABEL_UNUSABLE',
      message: 'Cell 7 has no value among the labels.',
    });
    expect(await refusal({ batches: labelsOf(['x']) })).toMatchObject({ code: 'LABEL_UNUSABLE' });
    expect(await refusal({}, { profile: 'scib-2019' as 'scib-2024' })).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await refusal({}, { kMeansStarts: 0 })).toMatchObject({ message: 'The integration setting kMeansStarts is 0.' });
    expect(await refusal({ embedding: new Float64Array(40), cells: 2 })).toMatchObject({ code: 'INPUT_TOO_FEW_CELLS' });
  });

  it('compares embeddings of the same cells by stretching every metric over them', async () => {
    const uncorrected = await score({ embedding: before.values });
    const scaled = minMaxScaled([uncorrected, result])!;
    for (const [at, metric] of scaled[0].metrics.entries()) expect([metric.value, scaled[1].metrics[at].value].sort()).toEqual([0, 1]);
    expect(scaled[1].aggregates.batch.value).toBe(1);
    expect(minMaxScaled([result])).toBeNull();
    expect(minMaxScaled([result, result])![0].aggregates.total).toBeNull();
  });
});

function shrunk(by: number): Float64Array {
  return after.values.map((value) => by * value);
}
