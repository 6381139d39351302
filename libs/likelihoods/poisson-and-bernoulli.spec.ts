import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bernoulliLogDensity, bernoulliLogitGradient, bernoulliMoments } from './bernoulli';
import { negativeBinomialLogDensity } from './negative-binomial';
import { poissonCdf, poissonLogDensity, poissonMass, poissonMeanGradient, poissonMoments } from './poisson';

// Made with mpmath at 60 digits.
const rowsOf = (name: string): [number, number, number, number][] =>
  (JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as { rows: [number, number, number, number][] }).rows;

function errorOf(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
}

describe('Poisson', () => {
  it('agrees with 60-digit values to 1e-12', () => {
    for (const [x, mean, logDensity, byMean] of rowsOf('poisson.json')) {
      expect(errorOf(poissonLogDensity(x, mean), logDensity), `ln p(${x}; ${mean})`).toBeLessThan(1e-12);
      expect(errorOf(poissonMeanGradient(x, mean), byMean), `d/dmean (${x}; ${mean})`).toBeLessThan(1e-12);
    }
  });

  it('has masses that sum to its CDF, its mean and its variance', () => {
    const sums = [0, 0, 0];
    for (let k = 0; k < 200; k++) {
      const mass = poissonMass(k, 17.5);
      [1, k, (k - 17.5) ** 2].forEach((factor, i) => (sums[i] += factor * mass));
      if (k % 10 === 0) expect(sums[0]).toBeCloseTo(poissonCdf(k, 17.5), 13);
    }
    expect(sums[1]).toBeCloseTo(poissonMoments(17.5).mean, 11);
    expect(sums[2]).toBeCloseTo(poissonMoments(17.5).variance, 11);
    expect(poissonMoments(17.5).zeroProbability).toBeCloseTo(poissonMass(0, 17.5), 20);
  });

  it('is the limit of the negative binomial for large theta', () => {
    for (const [x, mean] of [
      [0, 0.1],
      [3, 2.5],
      [120, 100],
    ] as const) {
      expect(errorOf(negativeBinomialLogDensity(x, mean, 1e14), poissonLogDensity(x, mean))).toBeLessThan(1e-11);
    }
  });

  it('has its limits at mean 0 and refuses values outside its support', () => {
    expect([poissonLogDensity(2, 0), poissonMeanGradient(0, 0), poissonMeanGradient(2, 0), poissonCdf(0, 0)]).toEqual([
      -Infinity,
      -1,
      Infinity,
      1,
    ]);
    for (const x of [-1, 1.5, NaN]) expect(() => poissonLogDensity(x, 1)).toThrow(new RegExp(`got ${x}`));
    for (const mean of [-1, NaN, Infinity]) expect(() => poissonMeanGradient(1, mean)).toThrow(new RegExp(`got ${mean}`));
  });
});

describe('Bernoulli', () => {
  it('agrees with 60-digit values to 1e-14, relative also where they are tiny', () => {
    for (const [a, logit, logDensity, byLogit] of rowsOf('bernoulli.json')) {
      const close = (found: number, expected: number): boolean =>
        found === expected || Math.abs(found - expected) <= 1e-14 * Math.abs(expected) || Math.abs(expected - found) < 1e-300;
      expect(close(bernoulliLogDensity(a, logit), logDensity), `ln p(${a}; ${logit})`).toBe(true);
      expect(close(bernoulliLogitGradient(a, logit), byLogit), `d/ds (${a}; ${logit})`).toBe(true);
    }
  });

  it('has a gradient that is its slope, and moments of its two masses', () => {
    for (const logit of [-3, -0.2, 0, 1.7]) {
      for (const a of [0, 1]) {
        const slope = (bernoulliLogDensity(a, logit + 1e-5) - bernoulliLogDensity(a, logit - 1e-5)) / 2e-5;
        expect(bernoulliLogitGradient(a, logit)).toBeCloseTo(slope, 9);
      }
      const one = Math.exp(bernoulliLogDensity(1, logit));
      const zero = Math.exp(bernoulliLogDensity(0, logit));
      expect(one + zero).toBeCloseTo(1, 15);
      expect(bernoulliMoments(logit).mean).toBeCloseTo(one, 15);
      expect(bernoulliMoments(logit).variance).toBeCloseTo(one * zero, 15);
    }
  });

  it('refuses values outside its support', () => {
    for (const a of [2, -1, 0.5, NaN]) expect(() => bernoulliLogDensity(a, 0)).toThrow(new RegExp(`got ${a}`));
    expect(() => bernoulliLogitGradient(1, NaN)).toThrow(/NaN/);
  });
});
