import { CfgenError } from '@cfgen/contracts';
import { readSplit, type Dataset } from '@cfgen/single-cell';

/** Part of a data set's cells, by a split file. */
export interface CellPart {
  /** TSV with the columns `barcode` and `split`. */
  readonly file: string;
  readonly part: 'train' | 'test';
}

/** Rows of the data set that belong to the part, ascending; all rows when there is none. */
export function cellsOf(dataset: Dataset, part: CellPart | undefined): Uint32Array {
  if (part === undefined) return Uint32Array.from({ length: dataset.cells }, (_, i) => i);
  const split = readSplit(part.file);
  const rows = dataset.obsNames.flatMap((name, row) => (split.get(name) === part.part ? [row] : []));
  if (rows.length === 0) {
    throw new CfgenError('REQUEST_INVALID', `${part.file} puts no cell of ${dataset.name} into the part "${part.part}"`, {
      hint: `Check that its barcodes are those of the file, such as ${dataset.obsNames.slice(0, 2).join(', ')}.`,
      details: { split: part.file, part: part.part, file: dataset.path },
    });
  }
  return Uint32Array.from(rows);
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
