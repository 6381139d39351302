import type { RandomSource } from '../random/random-source';
import { sampleLogGamma } from './gamma';
import { samplePoisson } from './poisson';

/** Up to this mean a draw is the inversion of the CDF by one uniform number: about `mean` steps of the recurrence on average. */
const inversionUpTo = 12;

/**
 * A draw from the negative binomial with the given mean and inverse dispersion theta (variance mean + mean^2/theta).
 *
 * Small means: inversion of the CDF, P(0) = (theta/(theta + mean))^theta, p_(k+1) = p_k (k + theta)/(k + 1) mean/(theta + mean).
 * Others: Poisson(g mean/theta) with g ~ Gamma(theta, 1), g in logarithms so that theta = 1e-4 is as good as any.
 *
 * @throws RangeError unless 0 <= mean < Infinity and 0 < theta < Infinity
 */
export function sampleNegativeBinomial(source: RandomSource, mean: number, theta: number): number {
  if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`negative binomial mean must be finite and not negative, got ${mean}`);
  if (!(theta > 0 && theta < Infinity)) throw new RangeError(`negative binomial theta must be positive and finite, got ${theta}`);
  if (mean === 0) return 0;
  if (mean <= inversionUpTo) return byInversion(source, mean, theta);
  return samplePoisson(source, Math.exp(sampleLogGamma(source, theta) + Math.log(mean / theta)));
}

function byInversion(source: RandomSource, mean: number, theta: number): number {
  let left = source.uniform52();
  let mass = Math.exp(-theta * Math.log1p(mean / theta));
  if (left < mass) return 0;
  const ratio = mean / (theta + mean);
  let k = 0;
  // The mass falls to 0 in the far tail, which ends the search should rounding leave a remainder.
  while (left >= mass && mass > 0) {
    left -= mass;
    mass *= ((k + theta) / (k + 1)) * ratio;
    k++;
  }
  return k;
}
