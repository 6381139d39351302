import type { CountSource } from '@cfgen/tensors';
import type { CellSet } from '../cells/cell-set';
import { forEachBlock } from '../cells/count-blocks';

/** Which peaks are open how often. */
export interface OpenPeaks {
  readonly cells: number;
  /** Share of the cells in which each peak has a count. */
  readonly shares: Float64Array;
}

/** Open peaks of a set of cells. */
export interface OpenPeakProfile {
  readonly all: OpenPeaks;
  /** By label; unlabelled cells are in `all` alone. */
  readonly labels: ReadonlyMap<string, OpenPeaks>;
  /** Number of peaks with a count in each cell. */
  readonly openInCell: Float64Array;
}

/** Passes once over the cells. */
export function openPeakProfile({ counts, labels }: Pick<CellSet, 'counts' | 'labels'>): OpenPeakProfile {
  const openInCell = new Float64Array(counts.rows);
  const all = emptySums(counts);
  const sums = new Map<string, Sums>();
  forEachBlock(counts, ({ indptr, indices, values, rows }, start) => {
    for (let r = 0; r < rows; r++) {
      const code = labels?.codes[start + r] ?? -1;
      const name = code < 0 ? undefined : labels?.categories[code];
      let own = name === undefined ? undefined : sums.get(name);
      if (name !== undefined && own === undefined) sums.set(name, (own = emptySums(counts)));
      all.cells++;
      if (own !== undefined) own.cells++;
      for (let at = indptr[r]; at < indptr[r + 1]; at++) {
        if (!(values[at] > 0)) continue;
        openInCell[start + r]++;
        all.open[indices[at]]++;
        if (own !== undefined) own.open[indices[at]]++;
      }
    }
  });
  return { all: sharesOf(all), labels: new Map(Array.from(sums, ([name, own]) => [name, sharesOf(own)])), openInCell };
}

interface Sums {
  cells: number;
  readonly open: Uint32Array;
}

function emptySums(counts: CountSource): Sums {
  return { cells: 0, open: new Uint32Array(counts.columns) };
}

function sharesOf({ cells, open }: Sums): OpenPeaks {
  return { cells, shares: Float64Array.from(open, (count) => count / Math.max(1, cells)) };
}
