import { stirlingError } from './gamma-function';
import { logDeviance } from './logarithms';

const epsilon = 2 ** -53;
const tiny = 1e-300;

/**
 * The regularised lower incomplete gamma function P(a, x), a > 0, x >= 0: the CDF of a Gamma(a, 1) variable; P(k/2, x/2) is the CDF of
 * chi-square with k degrees of freedom. Relative error about 1e-13; work grows with sqrt(a) (https://dlmf.nist.gov/8.11).
 *
 * @throws RangeError outside that support
 */
export function regularisedGammaP(a: number, x: number): number {
  check(a, x);
  if (x === 0) return 0;
  if (x === Infinity) return 1;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Q(a, x) = 1 - P(a, x), accurate in the upper tail. Q(k + 1, mean) is the CDF of a Poisson variable at k. */
export function regularisedGammaQ(a: number, x: number): number {
  check(a, x);
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

function check(a: number, x: number): void {
  if (!(a > 0 && a < Infinity)) throw new RangeError(`incomplete gamma: a must be positive and finite, got ${a}`);
  if (!(x >= 0)) throw new RangeError(`incomplete gamma: x must not be negative, got ${x}`);
}

/** x^a e^-x / Gamma(a + 1). */
function prefactor(a: number, x: number): number {
  return Math.exp(-a * logDeviance((x - a) / a, x / a) - stirlingError(a)) / Math.sqrt(2 * Math.PI * a);
}

function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * epsilon; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.min(1, prefactor(a, x) * sum);
}

/** Continued fraction of Legendre by the modified Lentz method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; ; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) <= 2 * epsilon) return Math.min(1, prefactor(a, x) * a * fraction);
  }
}
