import { RandomStream, denseMatrix, normalCdf, randomKey, type DenseMatrix } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { areaEffects, areaUnderCurve } from '../classification/area-under-curve';
import { setDistances } from '../distances/set-distances';
import { countsOf } from '../fixtures/golden';
import { drawGroups, groupCells } from './cell-groups';
import { linearReplicates, sideDraws } from './draws';
import { deviation, intervalAround, intervalOfMean, studentQuantile } from './interval';

const key = randomKey(11, 'test');
const cellsOf = (rows: number) => ({ counts: countsOf({ rows, columns: 1, values: new Float64Array(rows) }) });

function normals(count: number, row: number, shift = 0): Float64Array {
  const random = new RandomStream(key, row);
  return Float64Array.from({ length: count }, () => random.normal() + shift);
}

/** Share of data sets whose interval holds the truth. */
function coverage(trials: number, truth: number, intervalOf: (trial: number) => readonly [number, number] | null): number {
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    const interval = intervalOf(trial);
    if (interval !== null && interval[0] <= truth && truth <= interval[1]) covered++;
  }
  return covered / trials;
}

describe('intervals', () => {
  it('of a difference of means hold the true one in about 95 of 100 samples', () => {
    const share = coverage(400, 1, (trial) => {
      const [a, b] = [normals(30, 2 * trial), normals(20, 2 * trial + 1, 1)];
      const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
      const value = mean(b) - mean(a);
      const effects = { real: a.map((x) => -x / 30), set: b.map((x) => x / 20) };
      const draws = { real: sideDraws(cellsOf(30), 100, trial, 0), set: sideDraws(cellsOf(20), 100, trial, 1) };
      return intervalAround(value, linearReplicates(value, effects, draws));
    });
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.98);
  });

  it('of an area under the curve hold the true one, known for two normal distributions', () => {
    const share = coverage(300, normalCdf(1 / Math.SQRT2), (trial) => {
      const n = 60;
      const scores = Float64Array.from([...normals(n, 2 * trial), ...normals(n, 2 * trial + 1, 1)]);
      const positive = Uint8Array.from(scores, (_, i) => (i < n ? 0 : 1));
      const value = areaUnderCurve(scores, positive) ?? NaN;
      const effects = areaEffects(scores, positive);
      const draws = { real: sideDraws(cellsOf(n), 100, trial, 0), set: sideDraws(cellsOf(n), 100, trial, 1) };
      return intervalAround(value, linearReplicates(value, { real: effects.slice(0, n), set: effects.slice(n) }, draws), {
        least: 0,
        most: 1,
      });
    });
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(0.99);
  });

  it('of distances are as wide as new samples differ, or somewhat wider', () => {
    const [n, d, trials] = [40, 4, 60];
    const cloud = (row: number, shift: number): DenseMatrix =>
      denseMatrix(
        n,
        d,
        normals(n * d, row).map((x, at) => x + (at % d === 0 ? shift : 0)),
      );
    const found = Array.from({ length: trials }, (_, trial) =>
      setDistances(cloud(2 * trial, 0), cloud(2 * trial + 1, 0.7), { batchSize: 1000, transportCells: 1000, seed: 0 }),
    );
    const draws = { real: sideDraws(cellsOf(n), 100, 0, 0), set: sideDraws(cellsOf(n), 100, 0, 1) };
    for (const name of ['mmd2', 'w1', 'w2'] as const) {
      const observed = deviation(found.map(({ distances }) => distances[name]));
      const claimed = found.reduce(
        (sum, { distances, effects }) => sum + deviation(linearReplicates(distances[name], effects[name], draws)) / trials,
        0,
      );
      expect(claimed / observed, name).toBeGreaterThan(0.85);
      expect(claimed / observed, name).toBeLessThan(1.7);
    }
  });

  it('stay within the range of the score, around it, and are none without draws', () => {
    expect(intervalAround(0.99, Float64Array.of(0.9, 1.08), { most: 1 })?.[1]).toBe(1);
    expect(intervalAround(0.99, new Float64Array())).toBeNull();
    expect(intervalAround(1, Float64Array.of(1, NaN, NaN, NaN, 2))).toBeNull();
    expect(intervalAround(null, Float64Array.of(1, 2))).toBeNull();
  });

  it('of several sets are as wide as the sets differ, when that is more', () => {
    const calm = Float64Array.of(1, 1.001, 0.999);
    const wide = intervalOfMean(1, 0.1, 3, calm);
    expect(wide?.[1]).toBeCloseTo(1 + 4.3027 * 0.1, 3);
    expect(intervalOfMean(1, null, 1, calm)?.[1]).toBeLessThan(1.01);
  });

  it('use the quantiles of Student', () => {
    for (const [degrees, value] of [
      [1, 12.706],
      [2, 4.3027],
      [10, 2.2281],
      [1000, 1.9623],
    ] as const) {
      expect(studentQuantile(degrees)).toBeCloseTo(value, 3);
    }
  });
});

describe('groups of cells', () => {
  const labels = {
    categories: ['a', 'b', 'c'],
    codes: Int32Array.from({ length: 500 }, (_, i) => (i === 0 ? 1 : i < 8 ? 0 : i < 20 ? -1 : 2)),
  };
  const groups = groupCells(500, labels, key, 0);

  it('hold cells of one label, each cell in one; few cells have a group each', () => {
    expect(groups.strata.map(({ label, cells, count }) => [label, cells.length, count])).toEqual([
      [undefined, 12, 12],
      ['a', 7, 7],
      ['b', 1, 1],
      ['c', 480, 60],
    ]);
    const sizes = new Int32Array(groups.groups);
    groups.groupOf.forEach((group, cell) => {
      sizes[group]++;
      const stratum = groups.strata.find(({ first, count }) => group >= first && group < first + count);
      expect(stratum?.cells).toContain(cell);
    });
    expect(sizes.every((size) => size >= 1 && size <= 8)).toBe(true);
  });

  it('count in every draw as often, label by label, as there are groups', () => {
    const weights = drawGroups(groups, new RandomStream(key, 3));
    for (const { first, count } of groups.strata) {
      expect(weights.subarray(first, first + count).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(count, 9);
    }
    expect(drawGroups(groups, new RandomStream(key, 3))).toEqual(weights);
    expect(drawGroups(groups, new RandomStream(key, 4))).not.toEqual(weights);
  });
});
