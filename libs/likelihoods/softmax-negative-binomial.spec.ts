import { chiSquarePValue, randomKey, RandomStream } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { negativeBinomialLogDensity, negativeBinomialMass } from './negative-binomial';
import {
  sampleSoftmaxNegativeBinomial,
  softmaxMeans,
  softmaxNegativeBinomialLoss,
  type DecoderRow,
  type ObservedCounts,
} from './softmax-negative-binomial';

const features = 40;
const key = randomKey(5, 'decoder row');

function randomRow(row: number): {
  cell: DecoderRow & { logits: Float64Array; logTheta: Float64Array };
  counts: ObservedCounts;
  dense: number[];
} {
  const source = new RandomStream(key, row);
  const logits = Float64Array.from({ length: features }, () => 1.5 * source.normal());
  const logTheta = Float64Array.from({ length: features }, () => 2 * source.normal());
  const dense = Array.from({ length: features }, () => (source.uniform() < 0.7 ? 0 : 1 + source.poisson(4)));
  const indices = dense.flatMap((x, g) => (x > 0 ? [g] : []));
  // Entries before and after the row belong to other cells and must not be read.
  const counts = { indices: [999, ...indices, 0], values: [NaN, ...indices.map((g) => dense[g]), NaN], start: 1, end: 1 + indices.length };
  return { cell: { logits, logTheta, sizeFactor: 300 }, counts, dense };
}

function emptyGradients(scale: number): { logits: Float64Array; logTheta: Float64Array; scale: number } {
  return { logits: new Float64Array(features), logTheta: new Float64Array(features), scale };
}

describe('softmaxNegativeBinomialLoss', () => {
  it('is minus the sum of the log-densities at the softmax means', () => {
    for (let row = 0; row < 20; row++) {
      const { cell, counts, dense } = randomRow(row);
      const total = cell.logits.reduce((sum, s) => sum + Math.exp(s), 0);
      const expected = dense.reduce(
        (sum, x, g) => sum - negativeBinomialLogDensity(x, (300 * Math.exp(cell.logits[g])) / total, Math.exp(cell.logTheta[g])),
        0,
      );
      expect(Math.abs(softmaxNegativeBinomialLoss(cell, counts) / expected - 1)).toBeLessThan(1e-13);
    }
  });

  it('has gradients that are its slopes in every logit and every logTheta (central differences)', () => {
    const { cell, counts } = randomRow(3);
    const gradients = emptyGradients(0.25);
    softmaxNegativeBinomialLoss(cell, counts, gradients);
    for (const name of ['logits', 'logTheta'] as const) {
      for (let g = 0; g < features; g++) {
        const lossAt = (offset: number): number => {
          const moved = cell[name].slice();
          moved[g] += offset;
          return softmaxNegativeBinomialLoss({ ...cell, [name]: moved }, counts);
        };
        const slope = (0.25 * (lossAt(1e-5) - lossAt(-1e-5))) / 2e-5;
        expect(Math.abs(gradients[name][g] - slope), `${name} ${g}`).toBeLessThan(1e-7);
      }
    }
  });

  it('has logit gradients that sum to 0: adding a constant to all logits changes nothing', () => {
    const { cell, counts } = randomRow(4);
    const gradients = emptyGradients(1);
    const loss = softmaxNegativeBinomialLoss(cell, counts, gradients);
    expect(Math.abs(gradients.logits.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-11);
    const shifted = softmaxNegativeBinomialLoss({ ...cell, logits: cell.logits.map((s) => s + 500) }, counts);
    expect(Math.abs(shifted / loss - 1)).toBeLessThan(1e-12);
  });

  it('may overwrite the logits, and adds to the gradient of logTheta', () => {
    const { cell, counts } = randomRow(5);
    const apart = emptyGradients(1);
    softmaxNegativeBinomialLoss(cell, counts, apart);
    const logits = cell.logits.slice();
    const logTheta = new Float64Array(features).fill(10);
    softmaxNegativeBinomialLoss({ ...cell, logits }, counts, { logits, logTheta, scale: 1 });
    expect([...logits]).toEqual([...apart.logits]);
    logTheta.forEach((value, g) => expect(value).toBeCloseTo(10 + apart.logTheta[g], 12));
  });

  it('stays finite and right when the mean of an observed gene is too small for a number', () => {
    const cell = { logits: [0, -2000], logTheta: [0, 0], sizeFactor: 10 };
    const counts = { indices: [1], values: [2], start: 0, end: 1 };
    const gradients = { logits: new Float64Array(2), logTheta: new Float64Array(2), scale: 1 };
    // theta 1: ln p(2) = 2 ln mu up to terms of mu; the zero of the first gene: -ln(1 + 10).
    const expected = -2 * (Math.log(10) - 2000) + Math.log(11);
    expect(Math.abs(softmaxNegativeBinomialLoss(cell, counts, gradients) / expected - 1)).toBeLessThan(1e-14);
    expect(gradients.logits[1]).toBeCloseTo(-2, 12);
    expect([...gradients.logTheta].every(Number.isFinite)).toBe(true);
  });

  it('gives a single feature the size factor as its mean, whatever its logit', () => {
    const loss = softmaxNegativeBinomialLoss(
      { logits: [-7], logTheta: [0.3], sizeFactor: 12 },
      { indices: [0], values: [9], start: 0, end: 1 },
    );
    expect(loss).toBeCloseTo(-negativeBinomialLogDensity(9, 12, Math.exp(0.3)), 13);
  });

  it('refuses counts, columns, thetas and size factors outside their support', () => {
    const cell = { logits: [0, 0], logTheta: [0, 0], sizeFactor: 1 };
    const counts = (indices: number[], values: number[]): ObservedCounts => ({ indices, values, start: 0, end: indices.length });
    expect(() => softmaxNegativeBinomialLoss(cell, counts([1], [1.5]))).toThrow(/got 1.5/);
    expect(() => softmaxNegativeBinomialLoss(cell, counts([2], [1]))).toThrow(/got 2/);
    expect(() => softmaxNegativeBinomialLoss(cell, counts([1, 0], [1, 1]))).toThrow(/ascend/);
    expect(() => softmaxNegativeBinomialLoss({ ...cell, logTheta: [0, NaN] }, counts([], []))).toThrow(/theta .*NaN/);
    expect(() => softmaxNegativeBinomialLoss({ ...cell, sizeFactor: 0 }, counts([], []))).toThrow(/size factor .*got 0/);
    expect(() => softmaxMeans([], [0], NaN)).toThrow(/size factor .*got NaN/);
  });
});

describe('softmaxMeans and sampleSoftmaxNegativeBinomial', () => {
  it('the means sum to the size factor', () => {
    const { cell } = randomRow(6);
    const means = cell.logits.slice();
    softmaxMeans(means, means, 300);
    expect(means.reduce((sum, value) => sum + value, 0)).toBeCloseTo(300, 10);
  });

  it('a feature of a row gets the same count whatever rows and features are drawn beside it', () => {
    const draw = (rows: number[]): Map<number, string> => {
      const stream = new RandomStream(key);
      return new Map(
        rows.map((row) => {
          const out = { indices: new Uint32Array(features), values: new Float32Array(features), at: 0 };
          const n = sampleSoftmaxNegativeBinomial(randomRow(1).cell, stream, row, out);
          return [row, `${out.indices.subarray(0, n).join()}:${out.values.subarray(0, n).join()}`];
        }),
      );
    };
    const all = draw([0, 1, 2, 3, 4]);
    const some = draw([3, 1]);
    expect(some.get(3)).toBe(all.get(3));
    expect(some.get(1)).toBe(all.get(1));
    expect(new Set(all.values()).size).toBe(5);
  });

  it('the draws over many rows fit the negative binomial of each feature (chi-square, rejects a right sampler once in 10^6)', () => {
    const cell = { logits: [0, 2, 4], logTheta: [-2, 0, 3], sizeFactor: 30 };
    const means = new Float64Array(3);
    softmaxMeans(means, cell.logits, 30);
    const rows = 20_000;
    const seen = means.map(() => 0);
    const histograms = Array.from(means, () => new Float64Array(400));
    const stream = new RandomStream(randomKey(6, 'sampling'));
    const out = { indices: new Uint32Array(6), values: new Float32Array(6), at: 2 };
    for (let row = 0; row < rows; row++) {
      const n = sampleSoftmaxNegativeBinomial(cell, stream, row, out);
      for (let i = 2; i < 2 + n; i++) {
        seen[out.indices[i]] += 1;
        histograms[out.indices[i]][out.values[i]] += 1;
      }
    }
    histograms.forEach((histogram, g) => {
      histogram[0] = rows - seen[g];
      const masses = Float64Array.from({ length: 400 }, (_, k) => negativeBinomialMass(k, means[g], Math.exp(cell.logTheta[g])));
      expect(chiSquarePValue(histogram, masses), `feature ${g}`).toBeGreaterThan(1e-6);
    });
  });
});
