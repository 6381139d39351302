import type { RandomSource } from '../random/random-source';
import { stirlingError } from '../special/gamma-function';
import { logDeviance } from '../special/logarithms';

/** Below this mean a draw is the inversion of the CDF by one uniform number: about `mean` additions. */
const inversionBelow = 12;

const twoPi = 2 * Math.PI;

/**
 * A draw from Poisson(mean), as a number (a whole one also beyond 2^53). Right for every mean from 0 to 1e15.
 * Small means: inversion; large: Hörmann's transformed rejection PTRS, "The transformed rejection method for generating Poisson random
 * variables" (1993), https://doi.org/10.1016/0167-6687(93)90997-4, with the log-mass computed without cancellation.
 *
 * @throws RangeError unless 0 <= mean < Infinity
 */
export function samplePoisson(source: RandomSource, mean: number): number {
  if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`Poisson mean must be finite and not negative, got ${mean}`);
  if (mean === 0) return 0;
  return mean < inversionBelow ? byInversion(source, mean) : byTransformedRejection(source, mean);
}

function byInversion(source: RandomSource, mean: number): number {
  let left = source.uniform52();
  let mass = Math.exp(-mean);
  let k = 0;
  // The mass falls to 0 in the far tail, which ends the search should rounding leave a remainder.
  while (left >= mass && mass > 0) {
    left -= mass;
    k++;
    mass *= mean / k;
  }
  return k;
}

function byTransformedRejection(source: RandomSource, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = source.uniform52() - 0.5;
    const v = source.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accepted) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b) <= poissonLogMass(k, mean)) return k;
  }
}

/**
 * ln P(k) of Poisson(mean) by Loader's deviances: absolute error below 1e-13 for k near the mean, however large.
 *
 * @param k whole and not negative
 * @param mean positive
 */
export function poissonLogMass(k: number, mean: number): number {
  if (k === 0) return -mean;
  return -stirlingError(k) - k * logDeviance((mean - k) / k, mean / k) - 0.5 * Math.log(twoPi * k);
}
