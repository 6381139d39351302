import { poissonLogMass, regularisedGammaQ } from '@cfgen/math';
import type { CountMoments } from './moments';
import { checkCount, checkMean } from './support';

/*
 * Poisson: ln p(x) = x ln(mean) - mean - lgamma(x + 1). Support everywhere: x a whole number >= 0, 0 <= mean < Infinity;
 * a RangeError names any other value.
 */

/** ln p(x); -Infinity for x > 0 at mean 0. Relative error (of max(1, |ln p|)) below 1e-12. */
export function poissonLogDensity(x: number, mean: number): number {
  checkCount(x);
  checkMean(mean);
  return poissonLogMass(x, mean);
}

/** d ln p / d mean = x/mean - 1; at mean 0 the limit from above, -1 for x = 0, else Infinity. */
export function poissonMeanGradient(x: number, mean: number): number {
  checkCount(x);
  checkMean(mean);
  return x === 0 ? -1 : (x - mean) / mean;
}

/** Mean, variance (equal to it), P(0) = exp(-mean). */
export function poissonMoments(mean: number): CountMoments {
  checkMean(mean);
  return { mean, variance: mean, zeroProbability: Math.exp(-mean) };
}

/** P(X = x). */
export function poissonMass(x: number, mean: number): number {
  return Math.exp(poissonLogDensity(x, mean));
}

/** P(X <= x) by the incomplete gamma function; relative error about 1e-13. */
export function poissonCdf(x: number, mean: number): number {
  checkCount(x);
  checkMean(mean);
  return regularisedGammaQ(x + 1, mean);
}
