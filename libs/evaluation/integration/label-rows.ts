import type { DenseMatrix } from '@cfgen/math';
import { groupsWithin, membersOf, type Groups } from './groups';
import type { IntegrationLabel, LabelFigure } from './result';
import type { LabelScores } from './silhouette-scores';
import { totalVariance, withinLabelVariance } from './within-label-variance';

/** Scores of the labels that the rows are made of. */
export interface ScoresOfLabels {
  readonly batchSilhouette: LabelScores;
  readonly kbet: LabelScores;
  readonly connectivity: LabelScores;
  readonly isolated: ReadonlySet<string>;
}

/** What there is to say of each label, with how much of its variance is left. */
export function labelRows(
  x: DenseMatrix,
  before: DenseMatrix | undefined,
  labels: Groups,
  batches: Groups,
  { batchSilhouette, kbet, connectivity, isolated }: ScoresOfLabels,
): IntegrationLabel[] {
  const variance = { after: withinLabelVariance(x, labels), before: before && withinLabelVariance(before, labels) };
  const scale = { after: totalVariance(x), before: before && totalVariance(before) };
  return membersOf(labels).map((cells, at) => {
    const label = labels.names[at];
    const ratio = varianceRatio(variance.after[at], variance.before?.[at], before !== undefined);
    const toSameScale = scale.after && scale.before ? scale.before / scale.after : 0;
    return {
      label,
      cells: cells.length,
      batches: groupsWithin(batches, cells).names.length,
      isolated: isolated.has(label),
      batchSilhouette: figureOf(batchSilhouette, at),
      kbet: figureOf(kbet, at),
      graphConnectivity: figureOf(connectivity, at),
      varianceRatio: ratio,
      relativeVarianceRatio: ratio.value === null ? ratio : { value: ratio.value * toSameScale },
    };
  });
}

function varianceRatio(after: number | null, before: number | null | undefined, given: boolean): LabelFigure {
  if (!given) return { value: null, reason: 'no unintegrated embedding was given' };
  if (after === null || before === null || before === undefined) return { value: null, reason: 'it has one cell' };
  return before > 0 ? { value: after / before } : { value: null, reason: 'its cells do not vary in the unintegrated embedding' };
}

function figureOf({ labels }: LabelScores, at: number): LabelFigure {
  const { value, reason } = labels[at];
  return reason === undefined ? { value } : { value, reason };
}
