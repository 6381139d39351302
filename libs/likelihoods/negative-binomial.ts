import { digammaExcess, lgamma, lgammaDifference, logDeviance, regularisedBeta, stirlingError } from '@cfgen/math';
import type { CountMoments } from './moments';
import { checkCount, checkMean, checkTheta } from './support';

/*
 * The negative binomial by mean mu and inverse dispersion theta (variance mu + mu^2/theta):
 *
 *   ln p(x) = lgamma(x + theta) - lgamma(theta) - lgamma(x + 1) + theta ln(theta/(theta + mu)) + x ln(mu/(theta + mu))
 *
 * Written so, its terms cancel: at theta = 1e10 the sum keeps no digit of a float32 and six of a float64. The functions here use the
 * saddle-point form of C. Loader, "Fast and accurate computation of binomial probabilities" (2000), whose terms are small where the density
 * is large. Support everywhere: x a whole number >= 0, 0 <= mean < Infinity, 0 < theta < Infinity; a RangeError names any other value.
 */

const twoPi = 2 * Math.PI;

/**
 * ln p(x); -Infinity for x > 0 at mean 0. Relative error (of max(1, |ln p|)) below 1e-10 for theta 1e-6 .. 1e10, means 1e-12 .. 1e6, x to 1e5.
 *
 * @example
 * negativeBinomialLogDensity(3, 3.7, 2.5); // -1.9379...
 */
export function negativeBinomialLogDensity(x: number, mean: number, theta: number): number {
  checkCount(x);
  checkMean(mean);
  checkTheta(theta);
  return logDensity(x, mean, theta);
}

/** d ln p / d mean = x/mean - (x + theta)/(theta + mean); at mean 0 the limit from above, -1 for x = 0, else Infinity. */
export function negativeBinomialMeanGradient(x: number, mean: number, theta: number): number {
  checkCount(x);
  checkMean(mean);
  checkTheta(theta);
  if (x === 0) return -theta / (theta + mean);
  return weightedMeanGradient(x, mean, theta) / mean;
}

/**
 * d ln p / d theta = digamma(x + theta) - digamma(theta) + ln(theta/(theta + mean)) + 1 - (x + theta)/(theta + mean), whose terms cancel
 * for large theta; nothing cancels here. By ln theta: theta times this.
 */
export function negativeBinomialThetaGradient(x: number, mean: number, theta: number): number {
  checkCount(x);
  checkMean(mean);
  checkTheta(theta);
  return thetaGradient(x, mean, theta);
}

/** Mean, variance mean + mean^2/theta, P(0) = (theta/(theta + mean))^theta. */
export function negativeBinomialMoments(mean: number, theta: number): CountMoments {
  checkMean(mean);
  checkTheta(theta);
  return { mean, variance: mean + (mean / theta) * mean, zeroProbability: Math.exp(-theta * Math.log1p(mean / theta)) };
}

/** P(X = x). */
export function negativeBinomialMass(x: number, mean: number, theta: number): number {
  return Math.exp(negativeBinomialLogDensity(x, mean, theta));
}

/** P(X <= x) by the incomplete beta function; relative error about 1e-12, work growing with the square root of max(x, theta). */
export function negativeBinomialCdf(x: number, mean: number, theta: number): number {
  checkCount(x);
  checkMean(mean);
  checkTheta(theta);
  if (mean === 0) return 1;
  return regularisedBeta(theta, x + 1, theta / (theta + mean), mean / (theta + mean));
}

/** {@link negativeBinomialLogDensity} without its checks. */
export function logDensity(x: number, mean: number, theta: number): number {
  if (x === 0) return -theta * Math.log1p(mean / theta);
  const shift = (x - mean) / (theta + mean);
  const ratio = (x + theta) / (theta + mean);
  const share = theta / (theta + mean);
  return (
    stirlingError(x + theta) -
    stirlingError(theta) -
    stirlingError(x) -
    theta * logDeviance(shift, ratio) -
    x * logDeviance(((mean - x) / x) * share, ratio * (mean / x)) +
    0.5 * Math.log(theta / (x + theta)) -
    0.5 * Math.log(twoPi * x)
  );
}

/** ln p(x) for x > 0 where the mean is known by its logarithm and is so small that theta + mean = theta: right also when exp(logMean) is 0. */
export function logDensityOfVanishingMean(x: number, logMean: number, theta: number): number {
  return lgammaDifference(x, theta) - lgamma(x + 1) + x * (logMean - Math.log(theta));
}

/** mean times d ln p / d mean = theta (x - mean)/(theta + mean); no checks. */
export function weightedMeanGradient(x: number, mean: number, theta: number): number {
  return ((x - mean) / (theta + mean)) * theta;
}

/** {@link negativeBinomialThetaGradient} without its checks. */
export function thetaGradient(x: number, mean: number, theta: number): number {
  // digamma(x + theta) - digamma(theta) = ln(1 + x/theta) + excess; the logarithms join to ln(1 + d), d = (x - mean)/(theta + mean).
  return digammaExcess(x, theta) - logDeviance((x - mean) / (theta + mean), (x + theta) / (theta + mean));
}
