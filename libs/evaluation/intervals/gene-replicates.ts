import { markerFigures, markerFigureNames, meanMarkerFigures, type MarkerFigures, type MarkerPlan } from '../markers/marker-agreement';
import { compareGenes, type GeneRealism } from '../realism/realism';
import { drawnGeneSums, emptyDraw, type GroupedGeneSums, type LabelledGeneSums } from './gene-draws';

/** Values on each draw of the figures that are made of sums over cells; `NaN` where a draw has none. */
export interface GeneReplicates {
  readonly realism: Readonly<Record<keyof GeneRealism, Float64Array>>;
  readonly markers: Readonly<Record<keyof MarkerFigures, Float64Array>>;
  /** By label, in the order of the plan. */
  readonly markersOfLabels: readonly Readonly<Record<keyof MarkerFigures, Float64Array>>[];
}

const realismNames = ['geneMeanSpearman', 'geneVarianceSpearman', 'geneVariancePearson', 'meanZeroFractionDifference'] as const;

/** Puts the sums of every draw together and compares them; `step` is awaited now and then, which lets a caller report progress and stop. */
export async function geneReplicates(
  real: GroupedGeneSums,
  set: GroupedGeneSums,
  plan: MarkerPlan | null,
  step: () => Promise<void>,
): Promise<GeneReplicates> {
  const draws = real.side.weights.length;
  const series = <K extends string>(names: readonly K[]): Record<K, Float64Array> =>
    Object.fromEntries(names.map((name) => [name, new Float64Array(draws).fill(NaN)])) as Record<K, Float64Array>;
  const realism = series(realismNames);
  const markers = series(markerFigureNames);
  const markersOfLabels = (plan?.labels ?? []).map(() => series(markerFigureNames));
  const drawn = { real: emptyDraw(real), set: emptyDraw(set) };
  for (let draw = 0; draw < draws; draw++) {
    if (draw % 10 === 0) await step();
    drawnGeneSums(real, draw, drawn.real);
    drawnGeneSums(set, draw, drawn.set);
    const compared = compareGenes(geneFigures(drawn.real), geneFigures(drawn.set));
    for (const name of realismNames) realism[name][draw] = compared[name] ?? NaN;
    if (plan === null) continue;
    const labels = markerFigures(plan, drawn.real, drawn.set);
    const mean = meanMarkerFigures(labels);
    for (const name of markerFigureNames) {
      markers[name][draw] = mean?.[name] ?? NaN;
      labels.forEach((figures, at) => (markersOfLabels[at][name][draw] = figures[name] ?? NaN));
    }
  }
  return { realism, markers, markersOfLabels };
}

/** Mean, variance and share of zeros of each gene. */
function geneFigures({ all }: LabelledGeneSums): { geneMeans: Float64Array; geneVariances: Float64Array; zeroFractions: Float64Array } {
  const { cells, sums, squares, present } = all;
  return {
    geneMeans: sums.map((sum) => sum / cells),
    geneVariances: sums.map((sum, gene) => Math.max(0, squares[gene] - (sum * sum) / cells) / (cells - 1)),
    zeroFractions: present.map((weight) => 1 - weight / cells),
  };
}
