import { randomKey } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { selectedCounts } from '../cells/stored-counts';
import { subsample } from '../distances/subsample';

/** Training cells drawn to look like the judged ones in number and label, and what could not be matched. */
export interface MatchingCells {
  readonly cells: CellSet;
  /** Labels that the training cells have fewer cells of than were wanted. */
  readonly short: readonly { readonly label: string; readonly wanted: number; readonly found: number }[];
}

/**
 * Draws training cells without replacement to the label counts of the real test cells (to their number, when either side has no labels): what a
 * perfect generator would score. Unlabelled cells are left out where there are labels.
 */
export function matchingTrainingCells(real: CellSet, training: CellSet, seed: number): MatchingCells {
  const key = randomKey(seed, 'evaluation/floor');
  if (real.labels === undefined || training.labels === undefined) {
    const rows = subsample(training.counts.rows, real.counts.rows, key);
    const short = rows.length < real.counts.rows ? [{ label: 'all cells', wanted: real.counts.rows, found: rows.length }] : [];
    return { cells: { name: training.name, counts: selectedCounts(training.counts, rows) }, short };
  }
  const available = cellsByLabel(training.labels);
  const rows: number[] = [];
  const short: { label: string; wanted: number; found: number }[] = [];
  [...cellsByLabel(real.labels)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .forEach(([label, { length: wanted }], at) => {
      const cells = available.get(label) ?? new Uint32Array();
      const picked = subsample(cells.length, wanted, key, at + 1);
      if (picked.length < wanted) short.push({ label, wanted, found: picked.length });
      for (const pick of picked) rows.push(cells[pick]);
    });
  const chosen = Uint32Array.from(rows).sort();
  const { categories, codes } = training.labels;
  const labels = { categories, codes: Int32Array.from(chosen, (row) => codes[row]) };
  return { cells: { name: training.name, counts: selectedCounts(training.counts, chosen), labels }, short };
}
