/** ln(1 + exp(x)), exact from -745 to the largest number. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** 1 / (1 + exp(-x)), with full relative accuracy down to the smallest number. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** ln(sum of exp(values[i])) for i in start .. end - 1; -Infinity for none. */
export function logSumExp(values: ArrayLike<number>, start = 0, end = values.length): number {
  let largest = -Infinity;
  for (let i = start; i < end; i++) if (values[i] > largest) largest = values[i];
  if (largest === -Infinity || largest === Infinity) return largest;
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}

/** 1/3, 1/5, 1/7, ... */
const oddReciprocals = Float64Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 3));

/**
 * d - ln(1 + d), never negative, without cancellation for small d: the deviance of a count x from its expectation m is
 * x ln(x/m) + m - x = x logDeviance(m/x - 1, m/x).
 *
 * @param d above -1; best computed from a difference of the quantities compared
 * @param ratio 1 + d, computed without rounding through d (matters when d is near -1)
 */
export function logDeviance(d: number, ratio: number = 1 + d): number {
  if (d > -0.3 && d < 0.5) {
    // ln(1 + d) = 2 artanh(y) with y = d/(2 + d), and d - 2y = d y.
    const y = d / (2 + d);
    const square = y * y;
    let sum = 0;
    for (let k = oddReciprocals.length - 1; k >= 0; k--) sum = oddReciprocals[k] + square * sum;
    return y * (d - 2 * square * sum);
  }
  return d - Math.log(ratio);
}
