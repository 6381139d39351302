import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digammaDifference, digammaExcess, lgammaDifference } from './gamma-differences';
import { digamma, lgamma, stirlingError, trigamma } from './gamma-function';
import { chiSquareUpperTail } from './chi-square';
import { erf, erfc, normalCdf } from './error-function';
import { regularisedBeta } from './incomplete-beta';
import { regularisedGammaP, regularisedGammaQ } from './incomplete-gamma';
import { logDeviance, logSumExp, sigmoid, softplus } from './logarithms';

const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));

interface SpecialGolden {
  x: number[];
  lgamma: number[];
  digamma: number[];
  trigamma: (number | string)[];
  softplus: { x: number[]; y: number[]; sigmoid: number[] };
}
interface Table {
  rows: number[][];
}
// Made with mpmath at 60 digits; see make-special-cases.py for the second file.
const golden = fixture('special.json') as SpecialGolden;
const cases = fixture('special-cases.json') as Record<'differences' | 'incomplete_gamma' | 'incomplete_beta' | 'error_function', Table>;

/** |found - expected| / |expected|, 0 when equal (also for infinities). */
function relativeError(found: number, expected: number): number {
  return found === expected ? 0 : Math.abs(found - expected) / Math.abs(expected);
}

describe('gamma function and its derivatives', () => {
  it('ln Gamma agrees with 60-digit values to 1e-14 relative', () => {
    golden.x.forEach((x, i) => {
      // Beside the roots at 1 and 2 the result is as exact as the spacing of x allows.
      const slack = Math.abs(golden.lgamma[i]) < 1e-6 ? 1e-15 : 1e-14 * Math.abs(golden.lgamma[i]);
      expect(Math.abs(lgamma(x) - golden.lgamma[i]), `x = ${x}`).toBeLessThanOrEqual(slack);
    });
  });

  it('digamma agrees to 1e-14 relative, absolute beside its root', () => {
    golden.x.forEach((x, i) => {
      const expected = golden.digamma[i];
      const slack = 1e-14 * (Math.abs(expected) < 0.1 ? 1 : Math.abs(expected));
      expect(Math.abs(digamma(x) - expected), `x = ${x}`).toBeLessThanOrEqual(slack);
    });
  });

  it('trigamma agrees to 1e-14 relative', () => {
    golden.x.forEach((x, i) => expect(relativeError(trigamma(x), Number(golden.trigamma[i])), `x = ${x}`).toBeLessThanOrEqual(1e-14));
  });

  it('obey the recurrences ln G(x + 1) = ln G(x) + ln x and psi(x + 1) = psi(x) + 1/x across every change of method', () => {
    for (let x = 0.01; x < 14; x += 0.037) {
      expect(Math.abs(lgamma(x + 1) - lgamma(x) - Math.log(x))).toBeLessThan(2e-14);
      expect(Math.abs(digamma(x + 1) - digamma(x) - 1 / x)).toBeLessThan(1e-14 * (1 + 1 / x));
      expect(Math.abs(trigamma(x + 1) - trigamma(x) + 1 / (x * x))).toBeLessThan(1e-14 * (1 + 1 / (x * x)));
    }
  });

  it('has its pole at 0 and no value below', () => {
    expect([lgamma(0), digamma(0), trigamma(0)]).toEqual([Infinity, -Infinity, Infinity]);
    expect([lgamma(-1), digamma(-1.5), trigamma(NaN)]).toEqual([NaN, NaN, NaN]);
  });

  it('the error of Stirling is 1/(12 x) for large x and joins smoothly at 10', () => {
    expect(relativeError(stirlingError(1e8), 1 / 12e8)).toBeLessThan(1e-15);
    expect(Math.abs(stirlingError(10) - stirlingError(10 - 1e-13))).toBeLessThan(2e-14);
  });
});

describe('differences of ln Gamma and digamma', () => {
  it('do not cancel for theta from 1e-6 to 1e15 and x to 1e5', () => {
    for (const [x, theta, logarithm, derivative, excess] of cases.differences.rows as [number, number, number, number, number][]) {
      const label = `x = ${x}, theta = ${theta}`;
      const scale = theta >= 10 ? Math.abs(logarithm) : Math.max(1, Math.abs(logarithm));
      expect(Math.abs(lgammaDifference(x, theta) - logarithm) / scale, label).toBeLessThan(1e-14);
      expect(relativeError(digammaDifference(x, theta), derivative), label).toBeLessThan(1e-14);
      const excessScale = theta >= 10 ? excess : Math.max(1, derivative);
      expect(Math.abs(digammaExcess(x, theta) - excess) / excessScale, label).toBeLessThan(1e-14);
    }
  });

  it('vanish at x = 0', () => {
    for (const theta of [1e-4, 1, 1e8]) {
      expect([lgammaDifference(0, theta), digammaDifference(0, theta), digammaExcess(0, theta)]).toEqual([0, 0, 0]);
    }
  });
});

describe('logarithms', () => {
  it('softplus and sigmoid agree to 1e-14 relative from -1000 to 1000', () => {
    golden.softplus.x.forEach((x, i) => {
      expect(relativeError(softplus(x), golden.softplus.y[i]), `softplus(${x})`).toBeLessThanOrEqual(1e-14);
      expect(relativeError(sigmoid(x), golden.softplus.sigmoid[i]), `sigmoid(${x})`).toBeLessThanOrEqual(1e-14);
    });
  });

  it('logSumExp neither overflows nor loses a part', () => {
    expect(logSumExp([1000, 1000])).toBe(1000 + Math.LN2);
    expect(logSumExp([-1000, 0, 1], 0, 1)).toBe(-1000);
    expect(logSumExp([])).toBe(-Infinity);
    expect(logSumExp([-Infinity, 2])).toBe(2);
  });

  it('logDeviance is d^2/2 for tiny d and joins its two methods', () => {
    expect(relativeError(logDeviance(1e-9), 5e-19)).toBeLessThan(1e-9);
    for (const d of [-0.3, 0.5]) {
      expect(relativeError(logDeviance(d * (1 - 1e-15)), d - Math.log1p(d))).toBeLessThan(1e-14);
      expect(relativeError(logDeviance(d * (1 + 1e-15)), d - Math.log1p(d))).toBeLessThan(1e-14);
    }
    expect(relativeError(logDeviance(-1, 1e-30), -1 + 30 * Math.LN10)).toBeLessThan(1e-15);
  });
});

describe('distribution functions', () => {
  it('incomplete gamma P and Q agree to 1e-13 relative', () => {
    for (const [a, x, p, q] of cases.incomplete_gamma.rows as [number, number, number, number][]) {
      expect(relativeError(regularisedGammaP(a, x), p), `P(${a}, ${x})`).toBeLessThan(1e-13);
      // Where P is taken by its series, Q = 1 - P is exact absolutely.
      expect(Math.abs(regularisedGammaQ(a, x) - q), `Q(${a}, ${x})`).toBeLessThan(x < a + 1 ? 1e-13 : 1e-13 * q);
    }
    expect([regularisedGammaP(2, 0), regularisedGammaQ(2, 0), regularisedGammaP(2, Infinity)]).toEqual([0, 1, 1]);
    expect(() => regularisedGammaP(0, 1)).toThrow(/got 0/);
    expect(() => regularisedGammaQ(1, NaN)).toThrow(/got NaN/);
  });

  it('chi-square of 3 degrees has its 95 % quantile at 7.8147', () => {
    expect(chiSquareUpperTail(7.814727903251179, 3)).toBeCloseTo(0.05, 13);
    expect(() => chiSquareUpperTail(1, 0)).toThrow(/positive/);
    expect(regularisedGammaQ(1.5, 7.814727903251179 / 2)).toBeCloseTo(0.05, 13);
  });

  it('incomplete beta agrees to 1e-12', () => {
    for (const [a, b, x, expected] of cases.incomplete_beta.rows as [number, number, number, number][]) {
      expect(relativeError(regularisedBeta(a, b, x), expected), `I_${x}(${a}, ${b})`).toBeLessThan(1e-12);
    }
    expect([regularisedBeta(1, 2, 0), regularisedBeta(1, 2, 1)]).toEqual([0, 1]);
    expect(() => regularisedBeta(1, 2, 1.5)).toThrow(/got 1.5/);
  });

  it('erf, erfc and the normal CDF agree to 1e-13 relative in both tails', () => {
    for (const [x, e, c, phi] of cases.error_function.rows as [number, number, number, number][]) {
      expect(relativeError(erf(x), e), `erf(${x})`).toBeLessThan(1e-14);
      expect(relativeError(erfc(x), c), `erfc(${x})`).toBeLessThan(1e-13);
      expect(relativeError(normalCdf(x), phi), `normalCdf(${x})`).toBeLessThan(1e-13);
    }
  });
});
