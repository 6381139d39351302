import { CfgenError, type Problem } from '@cfgen/contracts';
import { readSplit, type Dataset } from '@cfgen/single-cell';
import { nameOf, pathOf, type DataFile } from './data-file';

/** Part of a data set's cells, by a split file. */
export interface CellPart {
  /** TSV with the columns `barcode` and `split`. */
  readonly file: DataFile;
  readonly part: 'train' | 'test';
}

/** Rows of the data set that belong to the part, ascending; all rows when there is none. */
export function cellsOf(dataset: Dataset, part: CellPart | undefined, onProblem?: (problem: Problem) => void): Uint32Array {
  if (part === undefined) return Uint32Array.from({ length: dataset.cells }, (_, i) => i);
  const split = readSplit(pathOf(part.file), dataset.obsNames, nameOf(part.file));
  for (const problem of split.problems) onProblem?.(problem);
  const rows = split.parts.get(part.part);
  if (rows !== undefined && rows.length > 0) return rows;
  throw new CfgenError('REQUEST_INVALID', `${nameOf(part.file)} has no part "${part.part}"`, {
    hint: `Its parts are: ${[...split.parts.keys()].join(', ')}.`,
    details: { split: nameOf(part.file), part: part.part, found: [...split.parts.keys()] },
  });
}

/** Size factor of each row: its total over the source's features. */
export function sizeFactorsOf(counts: {
  rows: number;
  gather(rows: Uint32Array): { indptr: Uint32Array; values: Float32Array };
}): Float64Array {
  const block = 1024;
  const totals = new Float64Array(counts.rows);
  for (let start = 0; start < counts.rows; start += block) {
    const rows = Uint32Array.from({ length: Math.min(block, counts.rows - start) }, (_, i) => start + i);
    const { indptr, values } = counts.gather(rows);
    rows.forEach((row, r) => {
      let total = 0;
      for (let k = indptr[r] ?? 0; k < (indptr[r + 1] ?? 0); k++) total += values[k] ?? 0;
      totals[row] = total;
    });
  }
  return totals;
}
