import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  negativeBinomialCdf,
  negativeBinomialLogDensity,
  negativeBinomialMass,
  negativeBinomialMeanGradient,
  negativeBinomialMoments,
  negativeBinomialThetaGradient,
} from './negative-binomial';

type Row = [x: number, mean: number, theta: number, logDensity: number, byMean: number, byTheta: number];
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
// Made with mpmath at 60 digits; the second file by make-extremes.py.
const usual = (fixture('nb.json') as { rows: Row[] }).rows;
const extremes = (fixture('nb-extremes.json') as { rows: Row[] }).rows;

function errorOf(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
}

describe('negative binomial log-density and gradients', () => {
  it.each([
    ['usual and limiting', usual],
    ['extreme', extremes],
  ])('agree with 60-digit values to 1e-10 at %s parameters', (_name, rows) => {
    expect(rows.length).toBeGreaterThan(100);
    for (const [x, mean, theta, logDensity, byMean, byTheta] of rows) {
      const label = `x ${x}, mean ${mean}, theta ${theta}`;
      expect(errorOf(negativeBinomialLogDensity(x, mean, theta), logDensity), `ln p: ${label}`).toBeLessThan(1e-10);
      expect(errorOf(negativeBinomialMeanGradient(x, mean, theta), byMean), `d/dmean: ${label}`).toBeLessThan(1e-10);
      expect(errorOf(negativeBinomialThetaGradient(x, mean, theta), byTheta), `d/dtheta: ${label}`).toBeLessThan(1e-10);
      // What training uses: by the logarithms of mean and theta.
      expect(errorOf(mean * negativeBinomialMeanGradient(x, mean, theta), mean * byMean), `d/dln mean: ${label}`).toBeLessThan(1e-10);
      expect(errorOf(theta * negativeBinomialThetaGradient(x, mean, theta), theta * byTheta), `d/dln theta: ${label}`).toBeLessThan(1e-10);
    }
  });

  it('the gradient by theta keeps its relative digits in the Poisson limit, where the textbook formula has none', () => {
    const [x, mean, theta] = [7, 3, 1e8];
    // Leading terms for theta -> infinity: (x - (x - mean)^2) / (2 theta^2).
    const limit = (x - (x - mean) ** 2) / (2 * theta * theta);
    expect(Math.abs(negativeBinomialThetaGradient(x, mean, theta) / limit - 1)).toBeLessThan(1e-6);
  });

  it('the gradients are the slopes of the log-density (central differences)', () => {
    for (const x of [0, 1, 4, 60, 3000]) {
      for (const mean of [1e-3, 0.4, 5, 900]) {
        for (const theta of [1e-3, 0.2, 9.99, 10.01, 300]) {
          const slope = (f: (factor: number) => number): number => (f(1 + 1e-5) - f(1 - 1e-5)) / 2e-5;
          const scale = Math.max(1, Math.abs(negativeBinomialLogDensity(x, mean, theta)));
          const byMean = slope((factor) => negativeBinomialLogDensity(x, mean * factor, theta));
          const byTheta = slope((factor) => negativeBinomialLogDensity(x, mean, theta * factor));
          expect(Math.abs(mean * negativeBinomialMeanGradient(x, mean, theta) - byMean)).toBeLessThan(1e-7 * scale);
          expect(Math.abs(theta * negativeBinomialThetaGradient(x, mean, theta) - byTheta)).toBeLessThan(1e-7 * scale);
        }
      }
    }
  });

  it('stay finite for every theta 1e-4 .. 1e8, mean 1e-8 .. 1e6, count to 1e5', () => {
    for (let i = -4; i <= 8; i += 0.5) {
      for (let j = -8; j <= 6; j += 0.5) {
        for (const x of [0, 1, 2, 9, 10, 11, 100, 12_345, 100_000]) {
          const [mean, theta] = [10 ** j, 10 ** i];
          const values = [negativeBinomialLogDensity, negativeBinomialMeanGradient, negativeBinomialThetaGradient].map((f) =>
            f(x, mean, theta),
          );
          expect(values.every(Number.isFinite), `x ${x}, mean ${mean}, theta ${theta}: ${values.join()}`).toBe(true);
          expect(values[0]).toBeLessThanOrEqual(0);
        }
      }
    }
  });

  it('have their limits at mean 0', () => {
    expect(Math.abs(negativeBinomialLogDensity(0, 0, 2))).toBe(0);
    expect(negativeBinomialLogDensity(3, 0, 2)).toBe(-Infinity);
    expect(negativeBinomialMeanGradient(0, 0, 2)).toBe(-1);
    expect(negativeBinomialMeanGradient(3, 0, 2)).toBe(Infinity);
  });
});

describe('negative binomial mass, CDF and moments', () => {
  interface CdfCase {
    mu: number;
    theta: number;
    mean: number;
    variance: number;
    k_pmf_cdf: [number, number, number][];
  }
  it.each(fixture('nb_cdf.json') as CdfCase[])(
    'agree with 60-digit values at mean $mu, theta $theta',
    ({ mu, theta, mean, variance, k_pmf_cdf }) => {
      for (const [k, mass, cdf] of k_pmf_cdf) {
        expect(Math.abs(negativeBinomialMass(k, mu, theta) / mass - 1), `mass of ${k}`).toBeLessThan(1e-12);
        expect(Math.abs(negativeBinomialCdf(k, mu, theta) / cdf - 1), `CDF at ${k}`).toBeLessThan(1e-12);
      }
      const moments = negativeBinomialMoments(mu, theta);
      expect(moments.mean).toBe(mean);
      expect(Math.abs(moments.variance / variance - 1)).toBeLessThan(1e-14);
      expect(Math.abs(moments.zeroProbability / k_pmf_cdf[0][1] - 1)).toBeLessThan(1e-12);
    },
  );

  it('the masses sum to 1, to the mean and to the variance', () => {
    for (const [mean, theta] of [
      [0.3, 0.1],
      [5, 2],
      [40, 1e6],
    ] as const) {
      const sums = [0, 0, 0];
      for (let k = 0; k < 1500; k++) {
        const mass = negativeBinomialMass(k, mean, theta);
        [1, k, (k - mean) ** 2].forEach((factor, i) => (sums[i] += factor * mass));
      }
      const { variance } = negativeBinomialMoments(mean, theta);
      expect(sums[0]).toBeCloseTo(1, 12);
      expect(sums[1]).toBeCloseTo(mean, 10);
      expect(sums[2] / variance).toBeCloseTo(1, 10);
    }
  });

  it('the CDF at mean 0 is 1', () => {
    expect(negativeBinomialCdf(0, 0, 1)).toBe(1);
  });
});

describe('support of the negative binomial', () => {
  const functions = {
    negativeBinomialLogDensity,
    negativeBinomialMeanGradient,
    negativeBinomialThetaGradient,
    negativeBinomialMass,
    negativeBinomialCdf,
  };
  it.each(Object.entries(functions))('%s refuses values outside it, naming them', (_name, f) => {
    for (const x of [-1, 0.5, NaN, Infinity])
      expect(() => f(x, 1, 1)).toThrow(new RangeError(`a count must be a whole number, not negative, got ${x}`));
    for (const mean of [-0.1, NaN, Infinity]) expect(() => f(1, mean, 1)).toThrow(new RegExp(`mean .* got ${mean}`));
    for (const theta of [0, -2, NaN, Infinity]) expect(() => f(1, 1, theta)).toThrow(new RegExp(`theta .* got ${theta}`));
  });
});
