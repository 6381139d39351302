import { bernoulliMoments, negativeBinomialMass, negativeBinomialMoments, poissonMass } from '@cfgen/likelihoods';
import { chiSquarePValue, kolmogorovSmirnovPValue, normalCdf } from '@cfgen/math';
import { expect, it } from 'vitest';
import type { Engine } from '../index';
import { toDense } from './inputs';
import { TensorScope } from './tensor-scope';

/**
 * Draws follow their laws. Keys are fixed, so a result never changes by itself; a right generator with a new key would fail one of these
 * tests about once in 10^5: 4.5 standard deviations on either side (7e-6), p-values below 1e-5.
 */
const deviations = 4.5;
const smallestP = 1e-5;
const key = { k0: 0x243f6a88, k1: 0x85a308d3 };

/** Mean and inverse dispersion: drawn by inversion, then those whose P(0) is too small or whose tail is too long for it. */
const laws = [
  { mean: 0.02, theta: 0.5 },
  { mean: 0.7, theta: 0.1 },
  { mean: 3, theta: 2 },
  { mean: 25, theta: 5 },
  { mean: 30, theta: 1e8 },
  { mean: 400, theta: 1.5 },
  { mean: 60, theta: 1e8 },
  { mean: 300, theta: 40 },
  { mean: 300, theta: 0.2 },
  { mean: 5000, theta: 1000 },
];

export function drawsCases(open: () => Engine): void {
  const [rows, genes] = [200, 1000];

  it.each(laws)('counts with mean $mean and inverse dispersion $theta follow the negative binomial', async ({ mean, theta }) => {
    const scope = new TensorScope(open());
    const logTheta = Math.fround(Math.log(theta));
    const drawn = await scope.engine.sampleNegativeBinomial({
      logits: scope.real([rows, genes]),
      logTheta: scope.real([genes], new Float64Array(genes).fill(logTheta)),
      sizeFactors: scope.real([rows], new Float64Array(rows).fill(mean * genes)),
      key,
      rowStart: 17,
    });
    scope.release();
    const counts = toDense(drawn);
    const drawnTheta = Math.exp(logTheta);
    const { variance } = negativeBinomialMoments(mean, drawnTheta);
    const excessKurtosis = 6 / drawnTheta + 1 / variance;
    const sample = sampleMoments(counts);
    expect(Math.abs(sample.mean - mean) / Math.sqrt(variance / counts.length), 'deviation of the mean').toBeLessThan(deviations);
    const varianceError = variance * Math.sqrt((excessKurtosis + 2) / counts.length);
    expect(Math.abs(sample.variance - variance) / varianceError, 'deviation of the variance').toBeLessThan(deviations);
    const law = probabilities(mean, drawnTheta);
    expect(chiSquarePValue(frequencies(counts, law.length), law), 'p-value of chi-square').toBeGreaterThan(smallestP);
  });

  it('extreme means and inverse dispersions give whole, finite counts in valid sparse rows', async () => {
    const scope = new TensorScope(open());
    const thetas = [1e-4, 1e-2, 1, 1e2, 1e4, 1e6, 1e8];
    const means = [1e-8, 1e-4, 0.03, 1, 30, 1e3, 1e6];
    const wide = 70;
    const drawn = await scope.engine.sampleNegativeBinomial({
      logits: scope.real([means.length, wide]),
      logTheta: scope.real(
        [wide],
        Float64Array.from({ length: wide }, (_, g) => Math.log(thetas[g % thetas.length])),
      ),
      sizeFactors: scope.real(
        [means.length],
        means.map((mean) => mean * wide),
      ),
      key,
      rowStart: 2 ** 50,
    });
    scope.release();
    expect([drawn.rows, drawn.columns, drawn.indptr.length, drawn.indptr[0]]).toEqual([means.length, wide, means.length + 1, 0]);
    for (let r = 0; r < drawn.rows; r++) {
      for (let e = drawn.indptr[r]; e < drawn.indptr[r + 1]; e++) {
        expect(Number.isInteger(drawn.values[e]) && drawn.values[e] > 0, `count ${drawn.values[e]} in row ${r}`).toBe(true);
        expect(drawn.indices[e]).toBeLessThan(wide);
        if (e > drawn.indptr[r]) expect(drawn.indices[e]).toBeGreaterThan(drawn.indices[e - 1]);
      }
    }
    // Means of 1e6 with theta 1e4 and more: within 6 standard deviations.
    const last = toDense(drawn).subarray((means.length - 1) * wide);
    last.forEach((count, g) => {
      const theta = thetas[g % thetas.length];
      if (theta >= 1e4) expect(Math.abs(count - 1e6) / Math.sqrt(1e6 + 1e12 / theta)).toBeLessThan(6);
    });
  });

  it('a gene that gets no mean is never drawn', async () => {
    const scope = new TensorScope(open());
    const logits = Float64Array.from({ length: 300 }, (_, i) => (i % 3 === 1 ? -200 : 0));
    const drawn = await scope.engine.sampleNegativeBinomial({
      logits: scope.real([100, 3], logits),
      logTheta: scope.real([3]),
      sizeFactors: scope.real([100], new Float64Array(100).fill(20)),
      key,
      rowStart: 0,
    });
    scope.release();
    expect(Array.from(drawn.indices.subarray(0, drawn.indptr[100])).filter((gene) => gene === 1)).toEqual([]);
  });

  it.each([0.03, 0.9, 6, 44, 48, 3000])('counts with mean %d follow the Poisson law', async (mean) => {
    const scope = new TensorScope(open());
    const drawn = await scope.engine.samplePoisson({
      logits: scope.real([rows, genes]),
      sizeFactors: scope.real([rows], new Float64Array(rows).fill(mean * genes)),
      key,
      rowStart: 17,
    });
    scope.release();
    const counts = toDense(drawn);
    const sample = sampleMoments(counts);
    expect(Math.abs(sample.mean - mean) / Math.sqrt(mean / counts.length), 'deviation of the mean').toBeLessThan(deviations);
    const varianceError = mean * Math.sqrt((1 / mean + 2) / counts.length);
    expect(Math.abs(sample.variance - mean) / varianceError, 'deviation of the variance').toBeLessThan(deviations);
    const law = Array.from({ length: Math.ceil(mean + 10 * Math.sqrt(mean) + 20) }, (_, k) => poissonMass(k, mean));
    expect(chiSquarePValue(frequencies(counts, law.length), law), 'p-value of chi-square').toBeGreaterThan(smallestP);
  });

  it.each([-9, -2, 0, 1.5, 8])('features are present with the probability of logit %d, whatever their neighbours', async (logit) => {
    const scope = new TensorScope(open());
    const logits = new Float64Array(rows * genes).fill(logit);
    const drawn = await scope.engine.sampleBernoulli({ logits: scope.real([rows, genes], logits), key, rowStart: 2 ** 40 });
    scope.release();
    const { mean, variance } = bernoulliMoments(logit);
    const present = toDense(drawn);
    expect(new Set(present)).toEqual(new Set([0, 1]));
    expect(Math.abs(sampleMoments(present).mean - mean) / Math.sqrt(variance / present.length)).toBeLessThan(deviations);
    for (const lag of [1, 4, genes]) {
      let product = 0;
      for (let i = lag; i < present.length; i++) product += (present[i] - mean) * (present[i - lag] - mean);
      expect(Math.abs(product) / (variance * Math.sqrt(present.length - lag)), `correlation at distance ${lag}`).toBeLessThan(deviations);
    }
  });

  it('a logit far from 0 always decides, and one that is no number draws nothing', async () => {
    const scope = new TensorScope(open());
    const logits = Float64Array.from({ length: 5000 * 5 }, (_, i) => [90, -90, Infinity, -Infinity, NaN][i % 5]);
    const drawn = await scope.engine.sampleBernoulli({ logits: scope.real([5000, 5], logits), key, rowStart: 0 });
    scope.release();
    toDense(drawn).forEach((a, i) => expect(a).toBe([1, 0, 1, 0, 0][i % 5]));
  });

  it('normal numbers are standard normal, and neighbours are unrelated', async () => {
    const scope = new TensorScope(open());
    const [many, wide] = [2000, 100];
    const out = scope.real([many, wide]);
    scope.engine.normal(out, { key, stream: 3, rowStart: 2 ** 33 });
    const z = await scope.engine.download(out);
    scope.release();
    const count = z.length;
    const { mean, variance } = sampleMoments(z);
    expect(Math.abs(mean) * Math.sqrt(count)).toBeLessThan(deviations);
    expect(Math.abs(variance - 1) * Math.sqrt(count / 2)).toBeLessThan(deviations);
    for (const lag of [1, 2, 4, wide]) {
      let product = 0;
      for (let i = lag; i < count; i++) product += z[i] * z[i - lag];
      expect(Math.abs(product) / Math.sqrt(count - lag), `correlation at distance ${lag}`).toBeLessThan(deviations);
    }
    expect(kolmogorovSmirnovPValue(Float64Array.from(z), normalCdf)).toBeGreaterThan(smallestP);
    const bins = Array.from(z, (value) => Math.min(49, Math.floor(50 * normalCdf(value))));
    expect(chiSquarePValue(frequencies(bins, 50), new Array<number>(50).fill(1 / 50))).toBeGreaterThan(smallestP);
  });

  it.each([0.1, 0.5, 0.8])('dropout at rate %f drops that share and keeps the expectation', async (rate) => {
    const scope = new TensorScope(open());
    const x = scope.real([500, 400], new Float64Array(200_000).fill(1));
    scope.engine.dropout(x, { rate, key, stream: 11 });
    const values = await scope.engine.download(x);
    scope.release();
    const dropped = values.filter((value) => value === 0).length;
    expect(Math.abs(dropped - rate * values.length) / Math.sqrt(values.length * rate * (1 - rate))).toBeLessThan(deviations);
    for (const value of new Set<number>(values)) {
      if (value !== 0) expect(value).toBeCloseTo(1 / (1 - rate), 5);
    }
  });

  it('dropout takes the same elements from a gradient as from the values, and others in another stream', async () => {
    const scope = new TensorScope(open());
    const [values, gradient, other] = [0, 1, 2].map(() => scope.real([50, 30], new Float64Array(1500).fill(1)));
    scope.engine.dropout(values, { rate: 0.3, key, stream: 1 });
    scope.engine.dropout(gradient, { rate: 0.3, key, stream: 1 });
    scope.engine.dropout(other, { rate: 0.3, key, stream: 2 });
    const [a, b, c] = [await scope.engine.download(values), await scope.engine.download(gradient), await scope.engine.download(other)];
    scope.release();
    expect(Array.from(b)).toEqual(Array.from(a));
    expect(Array.from(c)).not.toEqual(Array.from(a));
  });
}

/** P(X = 0), P(X = 1), ... up to ten standard deviations and more above the mean. */
function probabilities(mean: number, theta: number): number[] {
  const { variance } = negativeBinomialMoments(mean, theta);
  const length = Math.ceil(mean + 10 * Math.sqrt(variance) + 20);
  return Array.from({ length }, (_, k) => negativeBinomialMass(k, mean, theta));
}

/** How often 0, 1, ... length - 1 occur; larger draws count as the next value, which belongs to the tail. */
function frequencies(draws: ArrayLike<number>, length: number): Float64Array {
  const counts = new Float64Array(length + 1);
  for (let i = 0; i < draws.length; i++) counts[Math.min(draws[i], length)]++;
  return counts;
}

function sampleMoments(draws: ArrayLike<number>): { mean: number; variance: number } {
  const values = Float64Array.from(draws);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
}
