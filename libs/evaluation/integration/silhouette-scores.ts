import { gatherRows, type DenseMatrix } from '@cfgen/math';
import { groupsWithin, membersOf, type Groups } from './groups';
import { silhouetteWidths, type SilhouetteOptions } from './silhouette';
import { mean, meanOfKnown } from '../statistics/averages';

/** Mean silhouette width over all cells with the labels as groups, moved from -1 .. 1 to 0 .. 1. */
export function silhouetteLabel(widths: Float64Array): number {
  return (mean(widths) + 1) / 2;
}

/** A score of each label, `null` with the reason where it has none. */
export interface LabelScores {
  readonly score: number | null;
  readonly labels: readonly LabelScore[];
}

export interface LabelScore {
  readonly label: string;
  readonly value: number | null;
  readonly reason?: string;
}

/**
 * How well batches mix inside labels: mean of 1 - |silhouette width| with the batches as groups among the cells of a label, then the plain mean
 * over labels. Euclidean distance to the nearest other batch gives scIB's "silhouette batch"; {@link batchRemovalOptions} give BRAS.
 */
export function silhouetteBatch(x: DenseMatrix, labels: Groups, batches: Groups, options: SilhouetteOptions = {}): LabelScores {
  const scores = membersOf(labels).map((cells, label): LabelScore => {
    const within = groupsWithin(batches, cells);
    const name = labels.names[label];
    if (within.names.length < 2) return { label: name, value: null, reason: 'all its cells are of one batch' };
    if (within.names.length === cells.length) return { label: name, value: null, reason: 'each of its cells is of another batch' };
    const widths = silhouetteWidths(gatherRows(x, cells), within, options);
    return { label: name, value: mean(widths.map((width) => 1 - Math.abs(width))) };
  });
  return { score: meanOfKnown(scores.map(({ value }) => value)), labels: scores };
}

/**
 * BRAS, the batch removal adapted silhouette: cosine distance, and all cells of other batches together (or the furthest other batch).
 * Rautenstrauch & Ohler, Shortcomings of silhouette in single-cell integration benchmarking, Nature Biotechnology, 2025.
 */
export function batchRemovalOptions(against: 'all' | 'furthest' = 'all'): SilhouetteOptions {
  return { distance: 'cosine', against };
}

/**
 * Mean rescaled silhouette width of the labels that occur in the fewest batches, each label counting once.
 *
 * @param widths of all cells, with the labels as groups
 * @param atMost labels in up to this many batches are isolated; left out: those in the fewest
 */
export function isolatedLabels(
  widths: Float64Array,
  labels: Groups,
  batches: Groups,
  atMost?: number,
): {
  readonly score: number | null;
  readonly labels: readonly { readonly label: string; readonly batches: number; readonly value: number }[];
} {
  const members = membersOf(labels);
  const batchCounts = members.map((cells) => groupsWithin(batches, cells).names.length);
  const most = atMost ?? Math.min(...batchCounts);
  const isolated = members.flatMap((cells, label) =>
    batchCounts[label] > most
      ? []
      : [{ label: labels.names[label], batches: batchCounts[label], value: mean(Float64Array.from(cells, (i) => (widths[i] + 1) / 2)) }],
  );
  return { score: isolated.length === 0 ? null : mean(isolated.map(({ value }) => value)), labels: isolated };
}
