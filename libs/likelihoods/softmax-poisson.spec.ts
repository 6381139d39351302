import { describe, expect, it } from 'vitest';
import { poissonLogDensity } from './poisson';
import { softmaxMeans } from './softmax-negative-binomial';
import { softmaxPoissonLoss } from './softmax-poisson';

const logits = [0.3, -2, 5, 1, -40];
const observed = { indices: [0, 2, 3], values: [2, 31, 1], start: 0, end: 3 };

describe('softmax Poisson', () => {
  it('sums the densities of the features', () => {
    const means = new Float64Array(logits.length);
    softmaxMeans(means, logits, 27.5);
    const x = [2, 0, 31, 1, 0];
    const expected = x.reduce((sum, count, p) => sum - poissonLogDensity(count, means[p]), 0);
    expect(softmaxPoissonLoss({ logits, sizeFactor: 27.5 }, observed)).toBeCloseTo(expected, 11);
  });

  it('has gradients that sum to 0 over the features, and none for an empty cell', () => {
    const gradients = { logits: new Float64Array(logits.length), scale: 3 };
    softmaxPoissonLoss({ logits, sizeFactor: 5 }, observed, gradients);
    expect(gradients.logits.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
    expect(softmaxPoissonLoss({ logits, sizeFactor: 5 }, { ...observed, end: 0 }, gradients)).toBe(5);
    expect(Array.from(gradients.logits, Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });

  it('stays finite where means leave the range of numbers', () => {
    expect(softmaxPoissonLoss({ logits: [0, -2000], sizeFactor: 1 }, { indices: [1], values: [1], start: 0, end: 1 })).toBeCloseTo(2001, 9);
  });

  it('refuses what lies outside its support', () => {
    for (const sizeFactor of [0, -1, NaN, Infinity]) {
      expect(() => softmaxPoissonLoss({ logits, sizeFactor }, observed)).toThrow(new RegExp(`got ${sizeFactor}`));
    }
    const lossOf = (indices: number[], values: number[]) => () =>
      softmaxPoissonLoss({ logits, sizeFactor: 1 }, { indices, values, start: 0, end: indices.length });
    expect(lossOf([5], [1])).toThrow(/below 5, got 5/);
    expect(lossOf([2, 1], [1, 1])).toThrow(/got 1 at entry 1/);
    expect(lossOf([2], [1.5])).toThrow(/got 1.5/);
  });
});
