import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { selectedCounts } from '../cells/stored-counts';
import { golden, goldenCounts } from '../fixtures/golden';
import { evaluateCells, type EvaluationRequest } from './evaluate-cells';
import { isScored } from './result';

function labelled(names: readonly string[]): { categories: string[]; codes: Int32Array } {
  const categories = [...new Set(names)].sort();
  return { categories, codes: Int32Array.from(names, (name) => categories.indexOf(name)) };
}

const all = goldenCounts('real_counts');
const rows = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);
const real = { name: 'real.h5ad', counts: selectedCounts(all, rows(0, 200)), labels: labelled(golden.distances.real_labels) };
const generated = { name: 'synthetic.h5ad', counts: goldenCounts('generated_counts'), labels: labelled(golden.distances.generated_labels) };
const settings = { hvg: 300, trees: 10, mapCells: 0, bootstrap: 0 };
const request: EvaluationRequest = { real, generated, genes: golden.genes, settings };

async function refusal(changed: Partial<EvaluationRequest>): Promise<CfgenError> {
  const found: unknown = await evaluateCells({ ...request, ...changed }).catch((error: unknown) => error);
  expect(found).toBeInstanceOf(CfgenError);
  return found as CfgenError;
}

describe('evaluating generated cells', () => {
  it('gives the reference distances under both protocols, by name', async () => {
    const { result } = await evaluateCells(request);
    const [scores] = result.scores;
    for (const protocol of ['paper', 'centred'] as const) {
      const expected = golden.distances[protocol];
      // The reference rounded its coordinates to float32.
      expect(scores?.distances[protocol]?.w2).toBeCloseTo(expected.W2, 6);
      expect(scores?.distances[protocol]?.mmd2).toBeCloseTo(expected.mmd2_biased, 7);
      expect(scores?.conditional?.[protocol]?.mean?.w2).toBeCloseTo(golden.distances[`conditional_${protocol}`].mean.W2, 6);
    }
    expect(result.space.highlyVariableGenes).toEqual(golden.distances.hvg);
    const unscored = result.problems.filter(({ code }) => code === 'label-not-scored');
    expect(unscored.map(({ code, details }) => [code, details?.['label']])).toEqual([
      ['label-not-scored', 'Dendritic cells'],
      ['label-not-scored', 'Megakaryocytes'],
    ]);
  });

  it('survives a round trip through JSON without losing a figure', async () => {
    const { result } = await evaluateCells({ ...request, training: real });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(JSON.stringify(result)).not.toContain('NaN');
  });

  it('puts floor and baseline beside the scores when training cells are given, and the reason when not', async () => {
    const without = await evaluateCells(request);
    expect(without.result.baseline).toEqual({ reason: 'no training cells were given' });
    expect(without.result.floor).toMatchObject({ of: 'halves' });
    expect(without.result.problems.map(({ code }) => code)).toContain('floor-of-halves');
    const { result } = await evaluateCells({ ...request, real: generated, generated: real, training: real });
    expect(isScored(result.floor) && isScored(result.baseline)).toBe(true);
    for (const row of result.summary) {
      // Cells of a mean profile copy nobody, so the audit has no baseline.
      const beside = row.id.startsWith('privacy.') ? [] : [row.baseline];
      expect([row.id, row.mean, row.floor, ...beside]).not.toContain(null);
    }
  });

  it('finds the training cells nearer than cells of mean profiles: floor before baseline', async () => {
    const test = { name: 'test', counts: selectedCounts(all, rows(100, 200)), labels: labelled(golden.distances.real_labels.slice(100)) };
    const training = {
      name: 'train',
      counts: selectedCounts(all, rows(0, 100)),
      labels: labelled(golden.distances.real_labels.slice(0, 100)),
    };
    const { result } = await evaluateCells({ ...request, real: test, training });
    const auc = result.summary.find(({ id }) => id === 'auc.forest');
    expect(auc?.floor).toBeLessThan(auc?.baseline ?? 0);
  });

  it('gives every figure and every label an interval around it, floors too, when cells are resampled', async () => {
    const { result } = await evaluateCells({ ...request, training: real, settings: { ...settings, bootstrap: 20 } });
    for (const { id, mean, interval, floor, floorInterval } of result.summary) {
      if (id === 'largest-count') continue;
      expect(interval, id).not.toBeNull();
      expect(interval?.[0], id).toBeLessThanOrEqual(mean ?? NaN);
      expect(interval?.[1], id).toBeGreaterThanOrEqual(mean ?? NaN);
      expect(floorInterval?.[0], id).toBeLessThanOrEqual(floor ?? NaN);
    }
    const [scores] = result.scores;
    for (const label of scores?.conditional?.centred?.labels ?? []) expect(label.intervals?.w2?.[0]).toBeLessThanOrEqual(label.w2);
    for (const label of scores?.markers?.labels ?? []) expect(label.intervals?.overlap).not.toBeNull();
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    const again = await evaluateCells({ ...request, training: real, settings: { ...settings, bootstrap: 20 } });
    expect(again.result).toEqual(result);
  }, 60_000);

  it('averages replicates and gives the standard error', async () => {
    const other = { ...generated, counts: selectedCounts(generated.counts, Uint32Array.from(rows(0, 180)).reverse()), name: 'second' };
    const turned = { ...other, labels: { ...generated.labels, codes: generated.labels.codes.slice().reverse() } };
    const { result } = await evaluateCells({ ...request, generated: [generated, turned] });
    const w2 = result.summary.find(({ id }) => id === 'w2.centred');
    // The same cells in another order: equal distances, so no spread.
    expect(w2).toMatchObject({ replicates: 2, mean: expect.closeTo(golden.distances.centred.W2, 6) as number });
    expect(w2?.sem).toBeLessThan(1e-9);
    expect(result.scores.map(({ name }) => name)).toEqual(['synthetic.h5ad', 'second']);
  });

  it('scores sets without labels over all cells only', async () => {
    const { result } = await evaluateCells({ ...request, generated: { name: 'plain', counts: generated.counts } });
    expect(result.scores[0]).toMatchObject({ conditional: null, agreement: null });
    expect(result.summary.find(({ id }) => id === 'w2.label.centred')?.mean).toBeNull();
  });

  it('reports progress from 0 towards 1 and stops on a signal', async () => {
    const shares: number[] = [];
    await evaluateCells({ ...request, onProgress: (_, share) => shares.push(share) });
    expect(shares[0]).toBe(0);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares.at(-1)).toBeGreaterThan(0.8);
    const stop = new AbortController();
    const error = await refusal({ signal: stop.signal, onProgress: (_, share) => share > 0 && stop.abort() });
    expect(error.code).toBe('INTERRUPTED');
  });

  it('refuses what it cannot evaluate, naming it', async () => {
    expect(await refusal({ genes: golden.genes.slice(1) })).toMatchObject({
      code: 'FEATURES_MISMATCH',
      message: expect.stringContaining('real.h5ad') as string,
    });
    expect(await refusal({ generated: { name: 'one', counts: goldenCounts('real_counts', 1) } })).toMatchObject({
      code: 'INPUT_TOO_FEW_CELLS',
    });
    expect(await refusal({ real: { ...real, labels: labelled(['a']) } })).toMatchObject({ code: 'LABEL_UNUSABLE' });
    expect(await refusal({ settings: { hvg: 0 } })).toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringContaining('hvg') as string,
    });
    expect(await refusal({ generated: [] })).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
