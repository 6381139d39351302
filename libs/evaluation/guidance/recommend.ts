import type { AttributeFit, GuidanceResult, GuidanceSettings, WeightsFit } from './result';

/** One choice of weights judged. */
export function judgeWeights(
  weights: Readonly<Record<string, number>>,
  attributes: readonly AttributeFit[],
  [low, high]: GuidanceSettings['band'],
): WeightsFit {
  return {
    weights,
    attributes,
    meanAgreement: attributes.reduce((sum, { agreement }) => sum + agreement, 0) / attributes.length,
    withinBand: attributes.every(({ spreadRatio }) => spreadRatio !== null && spreadRatio >= low && spreadRatio <= high),
  };
}

/**
 * The weights to use: of those whose cells are neither collapsed nor blurred in any attribute, the ones with the best mean agreement; when several
 * have it, those with the smallest sum of weights.
 */
export function recommend(
  sweep: readonly WeightsFit[],
  [low, high]: GuidanceSettings['band'],
): Pick<GuidanceResult, 'recommended' | 'reason'> {
  const allowed = sweep.filter(({ withinBand }) => withinBand);
  if (allowed.length === 0) {
    return { recommended: null, reason: `no weights of the grid leave the spread ratio of every attribute within ${low} to ${high}` };
  }
  const best = allowed.reduce((first, next) => {
    if (next.meanAgreement !== first.meanAgreement) return next.meanAgreement > first.meanAgreement ? next : first;
    return sumOf(next) < sumOf(first) ? next : first;
  });
  return { recommended: { weights: best.weights, meanAgreement: best.meanAgreement } };
}

function sumOf({ weights }: WeightsFit): number {
  return Object.values(weights).reduce((sum, weight) => sum + weight, 0);
}
