import { type Problem } from '@cfgen/contracts';
import { type Dataset } from '@cfgen/single-cell';
/** Part of a data set's cells, by a split file. */
export interface CellPart {
  /** TSV with the columns `barcode` and `split`. */
  readonly file: string;
  readonly part: 'train' | 'test';
}
/** Rows of the data set that belong to the part, ascending; all rows when there is none. */
export declare function cellsOf(dataset: Dataset, part: CellPart | undefined, onProblem?: (problem: Problem) => void): Uint32Array;
/** Size factor of each row: its total over the source's features. */
export declare function sizeFactorsOf(counts: {
  rows: number;
  gather(rows: Uint32Array): {
    indptr: Uint32Array;
    values: Float32Array;
  };
}): Float64Array;
