import type { SparseRows } from '@cfgen/tensors';

/**
 * A matrix (cells x features) as some file stores it, read by blocks of rows.
 * Rows come out as `SparseRows`, except that values are whatever is stored (fractions, negative, NaN): whether they are counts is judged elsewhere.
 */
export interface StoredMatrix {
  /** Where in the file, as users name it: `X`, `layers/counts`, `raw/X`. */
  readonly where: string;
  readonly layout: 'csr' | 'csc' | 'dense';
  readonly rows: number;
  readonly columns: number;
  /** Entries stored, an upper bound of the non-zeros: explicit zeros and repeats count. */
  readonly storedEntries: number;
  readRows(start: number, end: number): SparseRows;
  /** End (exclusive) of the longest block of rows from `start` on that is read within `memory` bytes; at least `start + 1`. */
  blockEnd(start: number, memory: number): number;
  /** Some stored values, `entries` at most, zeros included; only where they come much cheaper than rows. */
  firstValues?(entries: number): Float32Array;
  /** Lets go of what was kept to serve rows (temporary files). */
  close(): void;
}

/** Bytes it takes to read one stored entry: file buffers, their copies in the HDF5 library's memory and the row that comes out. */
export const bytesPerEntryRead = 48;

/** Index of the last row that ends at or before `limit` entries, by bisection of row offsets. */
export function lastRowWithin(offsets: ArrayLike<number>, start: number, rows: number, limit: number): number {
  let low = start + 1;
  let high = rows;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (offsets[middle] - offsets[start] <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
