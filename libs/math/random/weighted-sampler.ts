import type { RandomSource } from './random-source';

/** Draws indices with given probabilities. */
export interface WeightedSampler {
  /** Index i with probability weights[i] / sum(weights); uses exactly two words of the source. An index of weight 0 is never drawn. */
  draw(source: RandomSource): number;
}

/**
 * Prepares weighted draws with replacement by a table of cumulative sums (a draw is a binary search).
 *
 * @param weights finite, none negative, not all zero; need not sum to 1
 * @throws RangeError naming the first unusable weight
 */
export function weightedSampler(weights: ArrayLike<number>): WeightedSampler {
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`weight ${i} must be finite and not negative, got ${weight}`);
    total += weight;
    cumulative[i] = total;
  }
  if (!(total > 0 && total < Infinity))
    throw new RangeError(`the sum of ${weights.length} weights must be positive and finite, got ${total}`);
  return {
    draw(source) {
      const target = source.uniform52() * total;
      // First index whose cumulative sum passes the target: never one of weight 0, whose sum equals its neighbour's.
      let low = 0;
      let high = cumulative.length - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (cumulative[middle] > target) high = middle;
        else low = middle + 1;
      }
      return low;
    },
  };
}
