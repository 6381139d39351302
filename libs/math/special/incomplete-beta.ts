import { stirlingError } from './gamma-function';
import { logDeviance } from './logarithms';

const epsilon = 2 ** -53;
const tiny = 1e-300;

/**
 * The regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1: I_p(theta, k + 1) with p = theta/(theta + mean) is the CDF of a
 * negative binomial at k. Relative error about 1e-12; work grows with sqrt(max(a, b)) (https://dlmf.nist.gov/8.17.E22).
 *
 * @param y 1 - x, where it is known better than by that difference
 * @throws RangeError outside that support
 */
export function regularisedBeta(a: number, b: number, x: number, y: number = 1 - x): number {
  if (!(a > 0 && a < Infinity && b > 0 && b < Infinity)) throw new RangeError(`incomplete beta: a and b must be positive, got ${a}, ${b}`);
  if (!(x >= 0 && y >= 0)) throw new RangeError(`incomplete beta: x must lie in 0 .. 1, got ${x}`);
  if (x === 0) return 0;
  if (y === 0) return 1;
  const n = a + b;
  // Gamma(n + 1) / (Gamma(a + 1) Gamma(b + 1)) x^a y^b by Loader's deviances; n x - a = b x - a y.
  const offset = b * x - a * y;
  const exponent =
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    a * logDeviance(offset / a, (n * x) / a) -
    b * logDeviance(-offset / b, (n * y) / b);
  const binomial = Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * a) / b);
  if (x < (a + 1) / (n + 2)) return Math.min(1, ((binomial * b) / n) * fraction(a, b, x));
  return Math.max(0, 1 - ((binomial * a) / n) * fraction(b, a, y));
}

/** The continued fraction of I_x(a, b) by the modified Lentz method; converges fast for x < (a + 1)/(a + b + 2). */
function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = guarded(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let value = d;
  for (let m = 1; ; m++) {
    const even = ((m * (b - m)) / (a + 2 * m - 1)) * (x / (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    const odd = -(((a + m) * (a + b + m)) / (a + 2 * m)) * (x / (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    const factor = d * c;
    value *= factor;
    if (Math.abs(factor - 1) <= 2 * epsilon) return value;
  }
}

function guarded(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
