import type { RandomSource } from '../random/random-source';
import { sigmoid } from '../special/logarithms';

/** A draw from N(mean, standardDeviation^2). @throws RangeError unless the mean is finite and 0 <= standardDeviation < Infinity */
export function sampleNormal(source: RandomSource, mean: number, standardDeviation: number): number {
  if (!Number.isFinite(mean)) throw new RangeError(`normal mean must be finite, got ${mean}`);
  if (!(standardDeviation >= 0 && standardDeviation < Infinity)) {
    throw new RangeError(`normal standard deviation must be finite and not negative, got ${standardDeviation}`);
  }
  return mean + standardDeviation * source.normal();
}

/** 1 with the given probability, else 0; one uniform number. @throws RangeError unless 0 <= probability <= 1 */
export function sampleBernoulli(source: RandomSource, probability: number): 0 | 1 {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`Bernoulli probability must lie in 0 .. 1, got ${probability}`);
  return source.uniform52() < probability ? 1 : 0;
}

/** 1 with probability sigmoid(logit), else 0. @throws RangeError when the logit is NaN */
export function sampleBernoulliLogit(source: RandomSource, logit: number): 0 | 1 {
  return sampleBernoulli(source, sigmoid(logit));
}

/**
 * An index with probability proportional to its weight, by one pass over the weights: for a single draw; many draws from the same weights
 * are cheaper with `weightedSampler`. An index of weight 0 is never drawn.
 *
 * @throws RangeError when a weight is negative or not finite, or all are 0
 */
export function sampleCategorical(source: RandomSource, weights: ArrayLike<number>): number {
  let total = 0;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`weight ${i} must be finite and not negative, got ${weight}`);
    total += weight;
    if (weight > 0) last = i;
  }
  if (last < 0) throw new RangeError('at least one weight must be positive');
  let left = source.uniform52() * total;
  for (let i = 0; i < last; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return last;
}
