import type { CellSet } from '../cells/cell-set';
import { wassersteinOfWeighted } from '../distances/wasserstein';
import { cellWeights, type Draws } from '../intervals/draws';
import { groupedGeneSums, labelledGeneSums } from '../intervals/gene-draws';
import { geneReplicates, type GeneReplicates } from '../intervals/gene-replicates';
import { intervalAround, type Interval } from '../intervals/interval';
import { markerAgreement, markerFigureNames, markerPlan, type MarkerAgreement, type MarkerFigures } from '../markers/marker-agreement';
import type { ExpressionProfile } from '../realism/expression-profile';
import { logSizes } from '../realism/realism';
import { markerFigureOf } from './figures';
import type { RealReference, Replicates, Scoring } from './real-reference';

/** Marker genes of a set, `null` when a side has no labels; puts the draws of all figures of genes and cells into `replicates`. */
export async function scoreGenes(
  real: RealReference,
  set: CellSet,
  profile: ExpressionProfile,
  { settings, genes, step }: Scoring,
  draws: Draws,
  replicates: Replicates,
): Promise<MarkerAgreement | null> {
  const labelled = real.set.labels !== undefined && set.labels !== undefined && settings.markers > 0;
  const resampled = draws.set.weights.length > 0;
  const sums = labelled ? labelledGeneSums(set.counts, draws.set) : null;
  const plan = sums === null ? null : markerPlan(real.sums, sums, settings.markers, real.space.genes);
  let ofLabels: GeneReplicates['markersOfLabels'] = [];
  if (resampled && real.grouped !== null) {
    const grouped = groupedGeneSums(set.counts, draws.set);
    const found = await geneReplicates(real.grouped, grouped, plan, () => step('resampled genes'));
    ofLabels = found.markersOfLabels;
    replicates.set('gene-mean', found.realism.geneMeanSpearman);
    replicates.set('gene-variance', found.realism.geneVarianceSpearman);
    replicates.set('gene-variance.pearson', found.realism.geneVariancePearson);
    replicates.set('zero-fraction', found.realism.meanZeroFractionDifference);
    if (plan !== null) for (const name of markerFigureNames) replicates.set(markerFigureOf[name].id, found.markers[name]);
    replicates.set('sparsity', lineReplicates(real.profile.zeroGenes, profile.zeroGenes, draws));
    replicates.set('library-size', lineReplicates(logSizes(real.profile), logSizes(profile), draws));
  }
  if (plan === null || sums === null) return null;
  const intervalsOf = (label: number, figures: MarkerFigures): Record<keyof MarkerFigures, Interval | null> =>
    Object.fromEntries(
      markerFigureNames.map((name) => [name, intervalAround(figures[name], ofLabels[label][name], markerFigureOf[name].range)]),
    ) as Record<keyof MarkerFigures, Interval | null>;
  return markerAgreement(plan, real.sums, sums, genes, resampled ? intervalsOf : undefined);
}

/** W1 of two samples of numbers on each draw of their cells. */
function lineReplicates(real: Float64Array, set: Float64Array, draws: Draws): Float64Array {
  const order = (values: Float64Array): Uint32Array => Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const sides = [
    { values: real, order: order(real), draws: draws.real },
    { values: set, order: order(set), draws: draws.set },
  ].map((side) => ({ ...side, sorted: Float64Array.from(side.order, (cell) => side.values[cell]) }));
  return Float64Array.from(draws.real.weights, (_, draw) => {
    const [x, y] = sides.map((side) => {
      const weights = cellWeights(side.draws, draw);
      return { values: side.sorted, weights: Float64Array.from(side.order, (cell) => weights[cell]) };
    });
    return wassersteinOfWeighted(x, y);
  });
}
