import { describe, expect, it } from 'vitest';
import { cellsByLabel, type Labels } from '../cells/cell-set';
import { golden, goldenMatrix } from '../fixtures/golden';
import { conditionalDistances } from './conditional-distances';
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy';
import { setDistances } from './set-distances';
import { wassersteinDistances, wassersteinOnLine } from './wasserstein';

const limits = { batchSize: 10_000, transportCells: 5_000, seed: 0 };

function labelled(names: readonly string[]): Labels {
  const categories = [...new Set(names)].sort();
  return { categories, codes: Int32Array.from(names, (name) => categories.indexOf(name)) };
}

/** Equal to nine significant digits. */
function expectNear(found: number | null, expected: number): void {
  expect(Math.abs((found ?? NaN) / expected - 1)).toBeLessThan(1e-9);
}

describe.each(['paper', 'centred'] as const)('distances under protocol %s', (protocol) => {
  const real = goldenMatrix('real_pca');
  const generated = goldenMatrix(`generated_pca_${protocol}`);

  it('equal the reference over all cells', () => {
    const { distances: found } = setDistances(real, generated, limits);
    const expected = golden.distances[protocol];
    expectNear(found.mmd2, expected.mmd2_biased);
    expectNear(found.mmd2Unbiased, expected.mmd2_unbiased);
    expectNear(found.mmd2Linear, expected.mmd2_linear);
    expectNear(found.w1, expected.W1);
    expectNear(found.w2, expected.W2);
    expect(found.transportCells).toEqual([200, 180]);
    expect(found.mmdCells).toBe(180);
  });

  it('equal the reference label by label, and list the labels that cannot be scored', () => {
    const expected = golden.distances[`conditional_${protocol}`];
    const { conditional: found } = conditionalDistances(
      real,
      generated,
      cellsByLabel(labelled(golden.distances.real_labels)),
      cellsByLabel(labelled(golden.distances.generated_labels)),
      limits,
    );
    expect(found.labels.map(({ label }) => label)).toEqual(Object.keys(expected.per_label).sort());
    for (const { label, realCells, generatedCells, mmd2, w1, w2 } of found.labels) {
      const reference = expected.per_label[label];
      expect([realCells, generatedCells]).toEqual([reference?.n_real, reference?.n_generated]);
      expectNear(mmd2, reference?.mmd2_biased ?? NaN);
      expectNear(w1, reference?.W1 ?? NaN);
      expectNear(w2, reference?.W2 ?? NaN);
    }
    expect(found.skipped.map(({ label }) => label)).toEqual([...expected.skipped].sort());
    expect(found.skipped[0]?.reason).toMatch(/more than one real and one generated cell, has \d+ and \d+/);
    expectNear(found.mean?.mmd2 ?? null, expected.mean.mmd2_biased);
    expectNear(found.mean?.w1 ?? null, expected.mean.W1);
    expectNear(found.mean?.w2 ?? null, expected.mean.W2);
  });
});

describe('maximum mean discrepancy', () => {
  const real = goldenMatrix('real_pca');

  it('of a set with itself is zero', () => {
    expect(maximumMeanDiscrepancy(real, real).biased).toBeCloseTo(0, 12);
  });

  it('of sets far apart is the sum of both diagonals, 10/q', () => {
    const far = { ...real, values: real.values.map((value, at) => 1e6 * (at % 30) + 1e4 * Math.floor(at / 30) + value) };
    const spread = { ...real, values: real.values.map((value, at) => -1e6 - 1e4 * Math.floor(at / 30) + value) };
    expect(maximumMeanDiscrepancy(far, spread).biased).toBeCloseTo(10 / 200, 12);
  });

  it('takes the first rows of the larger set only', () => {
    const few = { ...real, rows: 50, values: real.values.subarray(0, 1500) };
    const { cells, biased } = maximumMeanDiscrepancy(real, few);
    expect(cells).toBe(50);
    expect(biased).toBeCloseTo(0, 12);
  });

  it('has no unbiased form for a single pair', () => {
    const one = { rows: 1, columns: 30, values: real.values.subarray(0, 30) };
    expect(maximumMeanDiscrepancy(one, one)).toMatchObject({ cells: 1, biased: 0, unbiased: null, linear: null });
  });
});

describe('Wasserstein distances', () => {
  it('of a shifted copy are the length of the shift', () => {
    const real = goldenMatrix('real_pca');
    const shifted = { ...real, values: real.values.map((value) => value + 2) };
    const { w1, w2 } = wassersteinDistances(real, shifted);
    expect(w1).toBeCloseTo(2 * Math.sqrt(30), 10);
    expect(w2).toBeCloseTo(2 * Math.sqrt(30), 10);
  });

  it('on a line agree with the area between the distribution functions', () => {
    expect(wassersteinOnLine(Float64Array.of(3, 0, 1), Float64Array.of(5, 6, 8))).toBeCloseTo(5, 14);
    expect(wassersteinOnLine(Float64Array.of(0, 1), Float64Array.of(0, 0, 1, 1))).toBe(0);
    expect(wassersteinOnLine(Float64Array.of(0), Float64Array.of(0, 3))).toBeCloseTo(1.5, 14);
  });
});

describe('a set larger than its limit', () => {
  it('is subsampled by the seed, and says so', () => {
    const real = goldenMatrix('real_pca');
    const generated = goldenMatrix('generated_pca_centred');
    const small = { batchSize: 100, transportCells: 40, seed: 3 };
    const found = setDistances(real, generated, small).distances;
    expect([found.mmdCells, ...found.transportCells]).toEqual([100, 40, 40]);
    expect(setDistances(real, generated, small).distances).toEqual(found);
    expect(setDistances(real, generated, { ...small, seed: 4 }).distances.w2).not.toBe(found.w2);
  });
});
