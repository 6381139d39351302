import type { GeneSums, LabelledGeneSums } from '../intervals/gene-draws';
import type { Interval } from '../intervals/interval';
import { pearson, spearman } from '../statistics/correlation';
import { foldChanges, markerScores, markerTest, topGenes } from './differential-expression';
import { meanOfKnown } from '../statistics/averages';

/** The figures of a label, and of the mean over labels. `null` where a side is constant. */
export interface MarkerFigures {
  /** Share of the label's real markers that are among as many markers of the generated cells. 1 is perfect. */
  readonly overlap: number | null;
  /** Spearman correlation over the highly variable genes of the log fold changes, label against rest, real and generated. */
  readonly foldChangeSpearman: number | null;
  /** Pearson correlation of the same. */
  readonly foldChangePearson: number | null;
  /** Pearson correlation over the real markers only. */
  readonly markerFoldChangePearson: number | null;
  /** Share of the real markers that are higher in the label than in the rest among generated cells too. */
  readonly signAgreement: number | null;
  /** Pearson correlation of the label's mean expression of the markers of all labels. */
  readonly profilePearson: number | null;
}

export const markerFigureNames = [
  'overlap',
  'foldChangeSpearman',
  'foldChangePearson',
  'markerFoldChangePearson',
  'signAgreement',
  'profilePearson',
] as const satisfies readonly (keyof MarkerFigures)[];

export interface MarkersOfLabel extends MarkerFigures {
  readonly label: string;
  readonly realCells: number;
  readonly generatedCells: number;
  /** The real markers, best first. */
  readonly markers: readonly string[];
  /** Those of them that are markers of the generated cells too. */
  readonly shared: readonly string[];
  /** Absent when nothing was resampled. */
  readonly intervals?: Readonly<Record<keyof MarkerFigures, Interval | null>>;
}

/** How well the marker genes of each label are kept: one label against all other cells, on log-normalised expression. */
export interface MarkerAgreement {
  readonly test: typeof markerTest;
  /** Markers of a label, at most. */
  readonly count: number;
  /** Plain means over the scored labels; `null` when there is none. */
  readonly mean: MarkerFigures | null;
  readonly labels: readonly MarkersOfLabel[];
  readonly skipped: readonly {
    readonly label: string;
    readonly realCells: number;
    readonly generatedCells: number;
    readonly reason: string;
  }[];
}

/** Cells of a label, and of the rest, below which its markers say nothing. */
const fewestCells = 3;

/** What stays the same on every draw: which labels are scored, and their markers among the real cells. */
export interface MarkerPlan {
  readonly count: number;
  readonly labels: readonly string[];
  /** Real markers of each label. */
  readonly markers: ReadonlyMap<string, Uint32Array>;
  /** Markers of any label, ascending. */
  readonly union: Uint32Array;
  /** Genes whose fold changes are correlated: over all genes, most of which differ in no label, noise would decide. */
  readonly variable: Uint32Array;
  readonly skipped: MarkerAgreement['skipped'];
}

/** Decides which labels are scored and finds their markers. */
export function markerPlan(real: LabelledGeneSums, set: LabelledGeneSums, count: number, variable: Uint32Array): MarkerPlan {
  const labels: string[] = [];
  const skipped: MarkerAgreement['skipped'][number][] = [];
  for (const label of [...new Set([...real.labels.keys(), ...set.labels.keys()])].sort()) {
    const realCells = real.labels.get(label)?.cells ?? 0;
    const generatedCells = set.labels.get(label)?.cells ?? 0;
    const least = Math.min(realCells, generatedCells, real.all.cells - realCells, set.all.cells - generatedCells);
    if (least >= fewestCells) labels.push(label);
    else {
      const reason = `needs ${fewestCells} real and ${fewestCells} generated cells, and as many of other labels, has ${realCells} and ${generatedCells}`;
      skipped.push({ label, realCells, generatedCells, reason });
    }
  }
  const markers = new Map(labels.map((label) => [label, topGenes(markerScores(sumsOf(real, label), real.all), count)]));
  const union = Uint32Array.from(new Set([...markers.values()].flatMap((genes) => [...genes]))).sort();
  return { count, labels, markers, union, variable, skipped };
}

/** Figures of each label of the plan, in its order. */
export function markerFigures(
  plan: MarkerPlan,
  real: LabelledGeneSums,
  set: LabelledGeneSums,
): (MarkerFigures & { readonly found: Uint32Array })[] {
  return plan.labels.map((label) => {
    const [ofReal, ofSet] = [sumsOf(real, label), sumsOf(set, label)];
    const found = topGenes(markerScores(ofSet, set.all), plan.count);
    const wanted = topGenes(markerScores(ofReal, real.all), plan.count);
    const [realChanges, setChanges] = [foldChanges(ofReal, real.all), foldChanges(ofSet, set.all)];
    const markers = plan.markers.get(label) ?? new Uint32Array();
    const at = (values: Float64Array, genes: Uint32Array): Float64Array => Float64Array.from(genes, (gene) => values[gene]);
    const means = ({ sums, cells }: GeneSums): Float64Array => Float64Array.from(plan.union, (gene) => sums[gene] / cells);
    const foundSet = new Set(found);
    const [realVariable, setVariable] = [at(realChanges, plan.variable), at(setChanges, plan.variable)];
    return {
      found,
      overlap: wanted.length === 0 ? null : wanted.filter((gene) => foundSet.has(gene)).length / wanted.length,
      foldChangeSpearman: spearman(realVariable, setVariable),
      foldChangePearson: pearson(realVariable, setVariable),
      markerFoldChangePearson: pearson(at(realChanges, markers), at(setChanges, markers)),
      signAgreement: markers.length === 0 ? null : markers.filter((gene) => setChanges[gene] > 0).length / markers.length,
      profilePearson: pearson(means(ofReal), means(ofSet)),
    };
  });
}

/** Mean of each figure over the labels that have it. */
export function meanMarkerFigures(labels: readonly MarkerFigures[]): MarkerFigures | null {
  if (labels.length === 0) return null;
  const mean = (name: keyof MarkerFigures): number | null => meanOfKnown(labels.map((label) => label[name]));
  return {
    overlap: mean('overlap'),
    foldChangeSpearman: mean('foldChangeSpearman'),
    foldChangePearson: mean('foldChangePearson'),
    markerFoldChangePearson: mean('markerFoldChangePearson'),
    signAgreement: mean('signAgreement'),
    profilePearson: mean('profilePearson'),
  };
}

/** The comparison by the names of genes and labels. */
export function markerAgreement(
  plan: MarkerPlan,
  real: LabelledGeneSums,
  set: LabelledGeneSums,
  genes: readonly string[],
  intervalsOf?: (label: number, figures: MarkerFigures) => MarkersOfLabel['intervals'],
): MarkerAgreement {
  const labels = markerFigures(plan, real, set).map(({ found, ...figures }, at): MarkersOfLabel => {
    const label = plan.labels[at];
    const markers = plan.markers.get(label) ?? new Uint32Array();
    const intervals = intervalsOf?.(at, figures);
    return {
      label,
      realCells: sumsOf(real, label).cells,
      generatedCells: sumsOf(set, label).cells,
      ...figures,
      markers: Array.from(markers, (gene) => genes[gene]),
      shared: Array.from(markers).flatMap((gene) => (found.includes(gene) ? [genes[gene]] : [])),
      ...(intervals === undefined ? {} : { intervals }),
    };
  });
  return { test: markerTest, count: plan.count, mean: meanMarkerFigures(labels), labels, skipped: plan.skipped };
}

function sumsOf(sums: LabelledGeneSums, label: string): GeneSums {
  const found = sums.labels.get(label);
  if (found === undefined) throw new RangeError(`There are no cells of "${label}".`);
  return found;
}
