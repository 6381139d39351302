import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomKey } from '../random/random-key';
import { RandomStream } from '../random/random-stream';
import { normalCdf } from '../special/error-function';
import { lgamma } from '../special/gamma-function';
import { regularisedBeta } from '../special/incomplete-beta';
import { regularisedGammaP, regularisedGammaQ } from '../special/incomplete-gamma';
import { sampleBernoulli, sampleBernoulliLogit, sampleCategorical, sampleNormal } from './elementary';
import { sampleGamma, sampleLogGamma } from './gamma';
import { chiSquarePValue, kolmogorovSmirnovPValue } from './goodness-of-fit';
import { sampleNegativeBinomial } from './negative-binomial';
import { poissonLogMass, samplePoisson } from './poisson';

/*
 * Seeds are fixed, so that these tests give the same answer every time. Each check would reject a right sampler for one seed in a
 * million (p < 1e-6, or 5 standard errors).
 */
const rare = 1e-6;
const draws = 40_000;
const stream = (purpose: string): RandomStream => new RandomStream(randomKey(11, purpose));

function moments(sample: ArrayLike<number>): { mean: number; variance: number } {
  const n = sample.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += sample[i] / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (sample[i] - mean) ** 2 / (n - 1);
  return { mean, variance };
}

/** Tests whole-number draws against a CDF on about 30 bins of similar probability. */
function discretePValue(sample: Float64Array, cdf: (k: number) => number): number {
  const edges = [...new Set([...sample.slice().sort()].filter((_, i) => i % Math.ceil(sample.length / 30) === 0))];
  const probabilities = edges.map((edge, i) => cdf(edge) - (i === 0 ? 0 : cdf(edges[i - 1])));
  const observed = new Float64Array(edges.length + 1);
  for (const value of sample) {
    const bin = edges.findIndex((edge) => value <= edge);
    observed[bin < 0 ? edges.length : bin] += 1;
  }
  return chiSquarePValue(observed, probabilities);
}

describe('gamma', () => {
  it.each([0.3, 0.9, 1, 2.5, 40, 1e6])('shape %d fits its CDF and has its mean and variance', (shape) => {
    const source = stream(`gamma ${shape}`);
    const sample = Float64Array.from({ length: draws }, () => sampleGamma(source, shape, 2));
    const { mean, variance } = moments(sample);
    expect(Math.abs(mean - 2 * shape)).toBeLessThan(5 * Math.sqrt((4 * shape) / draws));
    expect(Math.abs(variance / (4 * shape) - 1)).toBeLessThan(5 * Math.sqrt((2 + 6 / shape) / draws));
    expect(kolmogorovSmirnovPValue(sample, (x) => regularisedGammaP(shape, x / 2))).toBeGreaterThan(rare);
  });

  it.each([1e-4, 1e-2])('shape %d is right in logarithms, where the draws themselves would be 0', (shape) => {
    const source = stream(`log gamma ${shape}`);
    const sample = Float64Array.from({ length: draws }, () => sampleLogGamma(source, shape));
    expect(sample.every(Number.isFinite)).toBe(true);
    // Below e^-30 the CDF is x^a / Gamma(a + 1) to 13 digits.
    const cdf = (t: number): number => (t < -30 ? Math.exp(shape * t - lgamma(1 + shape)) : regularisedGammaP(shape, Math.exp(t)));
    expect(kolmogorovSmirnovPValue(sample, cdf)).toBeGreaterThan(rare);
  });

  it.each([0, -1, NaN, Infinity])('refuses shape %d', (shape) => {
    expect(() => sampleGamma(stream('bad'), shape)).toThrow(new RegExp(`got ${shape}`));
  });
});

describe('Poisson', () => {
  it.each([1e-3, 0.5, 3.7, 11.9, 12.1, 50, 1000, 1e6, 1e9])('mean %d fits its CDF and has its mean and variance', (mean) => {
    const source = stream(`poisson ${mean}`);
    const sample = Float64Array.from({ length: draws }, () => samplePoisson(source, mean));
    const found = moments(sample);
    expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / draws));
    expect(Math.abs(found.variance / mean - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / draws));
    expect(discretePValue(sample, (k) => regularisedGammaQ(k + 1, mean))).toBeGreaterThan(rare);
  });

  it('has log-masses that sum to 1 and match k ln m - m - ln k!', () => {
    let sum = 0;
    for (let k = 0; k < 400; k++) {
      sum += Math.exp(poissonLogMass(k, 100));
      expect(Math.abs(poissonLogMass(k, 100) - (k * Math.log(100) - 100 - lgamma(k + 1)))).toBeLessThan(1e-11);
    }
    expect(sum).toBeCloseTo(1, 12);
  });

  it('gives 0 for mean 0 and refuses other means without a distribution', () => {
    expect(samplePoisson(stream('zero'), 0)).toBe(0);
    for (const mean of [-1, NaN, Infinity]) expect(() => samplePoisson(stream('bad'), mean)).toThrow(RangeError);
  });
});

describe('negative binomial', () => {
  interface CdfGolden {
    mu: number;
    theta: number;
    mean: number;
    variance: number;
    k_pmf_cdf: [number, number, number][];
  }
  const golden = JSON.parse(readFileSync(new URL('./fixtures/nb_cdf.json', import.meta.url), 'utf8')) as CdfGolden[];

  it.each(golden)(
    'mean $mu, theta $theta: frequencies up to chosen k match exact ones, as do the moments',
    ({ mu, theta, mean, variance, k_pmf_cdf }) => {
      const source = stream(`nb ${mu} ${theta}`);
      const sample = Float64Array.from({ length: draws }, () => sampleNegativeBinomial(source, mu, theta));
      for (const [k, , cdf] of k_pmf_cdf) {
        const below = sample.filter((value) => value <= k).length / draws;
        expect(Math.abs(below - cdf), `P(X <= ${k})`).toBeLessThan(5 * Math.sqrt((cdf * (1 - cdf)) / draws) + 1 / draws);
      }
      const found = moments(sample);
      expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / draws));
      const kurtosis = 3 + 6 / theta + 1 / variance;
      expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / draws));
    },
  );

  it.each([
    [0.05, 1e-4],
    [0.3, 0.1],
    [1.5, 1e8],
    [11.9, 0.7],
    [12.1, 0.7],
    [12, 1e6],
    [300, 0.01],
    [300, 1e8],
    [1e6, 3],
  ])('mean %d, theta %d fits its CDF (incomplete beta function)', (mean, theta) => {
    const source = stream(`nb fit ${mean} ${theta}`);
    const sample = Float64Array.from({ length: draws }, () => sampleNegativeBinomial(source, mean, theta));
    const cdf = (k: number): number => regularisedBeta(theta, k + 1, theta / (theta + mean), mean / (theta + mean));
    expect(discretePValue(sample, cdf)).toBeGreaterThan(rare);
  });

  it('is 0 almost always for theta 1e-4, with the rare draw as large as the variance asks', () => {
    const source = stream('nb tiny theta');
    const sample = Float64Array.from({ length: draws }, () => sampleNegativeBinomial(source, 50, 1e-4));
    const zeros = sample.filter((value) => value === 0).length / draws;
    const expected = Math.exp(-1e-4 * Math.log1p(50 / 1e-4));
    expect(Math.abs(zeros - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / draws));
    expect(Math.max(...sample)).toBeGreaterThan(1e4);
  });

  it('gives 0 for mean 0 and refuses parameters without a distribution', () => {
    expect(sampleNegativeBinomial(stream('zero'), 0, 1)).toBe(0);
    expect(() => sampleNegativeBinomial(stream('bad'), -1, 1)).toThrow(/mean .*got -1/);
    expect(() => sampleNegativeBinomial(stream('bad'), 1, 0)).toThrow(/theta .*got 0/);
    expect(() => sampleNegativeBinomial(stream('bad'), 1, NaN)).toThrow(/theta .*got NaN/);
  });
});

describe('normal, Bernoulli, categorical', () => {
  it('normal draws fit the normal CDF', () => {
    const source = stream('normal');
    const sample = Float64Array.from({ length: draws }, () => sampleNormal(source, 3, 2));
    expect(kolmogorovSmirnovPValue(sample, (x) => normalCdf((x - 3) / 2))).toBeGreaterThan(rare);
    expect(() => sampleNormal(source, 0, -1)).toThrow(/got -1/);
    expect(() => sampleNormal(source, NaN, 1)).toThrow(/got NaN/);
  });

  it('Bernoulli draws have their probability, exact at 0 and 1', () => {
    const source = stream('bernoulli');
    let ones = 0;
    let onesOfLogit = 0;
    for (let i = 0; i < draws; i++) {
      ones += sampleBernoulli(source, 0.02);
      onesOfLogit += sampleBernoulliLogit(source, Math.log(0.02 / 0.98));
    }
    for (const count of [ones, onesOfLogit]) expect(Math.abs(count / draws - 0.02)).toBeLessThan(5 * Math.sqrt((0.02 * 0.98) / draws));
    expect([sampleBernoulli(source, 0), sampleBernoulli(source, 1), sampleBernoulliLogit(source, -800)]).toEqual([0, 1, 0]);
    expect(() => sampleBernoulli(source, 1.1)).toThrow(/got 1.1/);
    expect(() => sampleBernoulliLogit(source, NaN)).toThrow(RangeError);
  });

  it('categorical draws fit the weights and never take one of weight 0', () => {
    const source = stream('categorical');
    const weights = [0, 2, 5, 0, 3, 0];
    const observed = new Float64Array(6);
    for (let i = 0; i < draws; i++) observed[sampleCategorical(source, weights)] += 1;
    expect([observed[0], observed[3], observed[5]]).toEqual([0, 0, 0]);
    expect(chiSquarePValue([observed[1], observed[2], observed[4]], [0.2, 0.5, 0.3])).toBeGreaterThan(rare);
    expect(() => sampleCategorical(source, [0, 0])).toThrow(RangeError);
    expect(() => sampleCategorical(source, [1, NaN])).toThrow(/weight 1 .*got NaN/);
  });
});

describe('goodness of fit', () => {
  it('rejects a sampler that is off by a little, so that the tests above can fail', () => {
    const source = stream('power');
    const poisson = Float64Array.from({ length: draws }, () => samplePoisson(source, 52));
    expect(discretePValue(poisson, (k) => regularisedGammaQ(k + 1, 50))).toBeLessThan(rare);
    const gamma = Float64Array.from({ length: draws }, () => sampleGamma(source, 2.6));
    expect(kolmogorovSmirnovPValue(gamma, (x) => regularisedGammaP(2.5, x))).toBeLessThan(rare);
  });

  it('gives p-values spread evenly when the sampler is right: about 10 % below 0.1', () => {
    const source = stream('p-values');
    let low = 0;
    for (let i = 0; i < 400; i++) {
      const sample = Float64Array.from({ length: 200 }, () => source.uniform());
      if (kolmogorovSmirnovPValue(sample, (x) => x) < 0.1) low++;
      const bins = new Float64Array(8);
      for (const value of sample) bins[Math.floor(value * 8)] += 1;
      if (chiSquarePValue(bins, new Float64Array(8).fill(1 / 8)) < 0.1) low++;
    }
    expect(Math.abs(low / 800 - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / 800));
  });
});
