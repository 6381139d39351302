import { regularisedGammaQ } from './incomplete-gamma';

/** erf(x) = 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x; relative error below 1e-14. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size >= 2) return Math.sign(x) * (1 - regularisedGammaQ(0.5, x * x));
  return series(x);
}

/** 1 - erf(x), accurate in the upper tail (relative error below 1e-13). */
export function erfc(x: number): number {
  if (x >= 2) return regularisedGammaQ(0.5, x * x);
  return 1 - erf(x);
}

/** The CDF of the standard normal distribution; accurate in the lower tail. */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/** All terms of one sign (https://dlmf.nist.gov/7.6.E2). */
function series(x: number): number {
  const square = 2 * x * x;
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= square / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x) * sum;
}
