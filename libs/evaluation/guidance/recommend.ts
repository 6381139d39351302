import type { AttributeFit, GuidanceResult, GuidanceSettings, WeightsFit } from './result';
import { mean } from '../statistics/averages';

/** One choice of weights judged. */
export function judgeWeights(
  weights: Readonly<Record<string, number>>,
  attributes: readonly AttributeFit[],
  [low, high]: GuidanceSettings['band'],
): WeightsFit {
  return {
    weights,
    attributes,
    meanAgreement: mean(attributes.map(({ agreement }) => agreement)),
    withinBand: attributes.every(({ spreadRatio }) => spreadRatio !== null && spreadRatio >= low && spreadRatio <= high),
  };
}

/** What the choice among weights is made by. */
export interface Recommending {
  readonly band: GuidanceSettings['band'];
  /** Agreement of real cells among each other, by attribute: beyond it cells are caricatures, and more is no merit. */
  readonly realAgreement: GuidanceResult['realAgreement'];
  /** Cells that every agreement is over. */
  readonly cells: number;
}

/**
 * The weights to use. Of those whose cells are neither collapsed nor blurred in any attribute, the best have the highest mean of min(agreement, agreement
 * of real cells); recommended are the smallest weights (by their sum) that lie within one standard error of the best, that of a binomial share.
 */
export function recommend(
  sweep: readonly WeightsFit[],
  { band, realAgreement, cells }: Recommending,
): Pick<GuidanceResult, 'recommended' | 'reason'> {
  const allowed = sweep.filter(({ withinBand }) => withinBand);
  if (allowed.length === 0) {
    return {
      recommended: null,
      reason: `no weights of the grid leave the spread ratio of every attribute within ${band[0]} to ${band[1]}`,
    };
  }
  const scored = allowed.map((fit) => ({ fit, ...scoreOf(fit, realAgreement, cells) }));
  const best = scored.reduce((first, next) => (next.score > first.score ? next : first));
  const { fit } = scored
    .filter(({ score }) => score >= best.score - best.error)
    .reduce((first, next) => {
      const difference = sumOf(next.fit) - sumOf(first.fit);
      return difference < 0 || (difference === 0 && next.score > first.score) ? next : first;
    });
  return { recommended: { weights: fit.weights, meanAgreement: fit.meanAgreement } };
}

function scoreOf(
  { attributes }: WeightsFit,
  realAgreement: Recommending['realAgreement'],
  cells: number,
): { score: number; error: number } {
  const shares = attributes.map(({ name, agreement }) =>
    Math.min(agreement, realAgreement.find((real) => real.name === name)?.agreement ?? 1),
  );
  const variance = shares.reduce((sum, share) => sum + (share * (1 - share)) / cells, 0);
  return { score: mean(shares), error: Math.sqrt(variance) / shares.length };
}

function sumOf({ weights }: WeightsFit): number {
  return Object.values(weights).reduce((sum, weight) => sum + weight, 0);
}
