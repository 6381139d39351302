/**
 * A block of consecutive or gathered rows of a counts matrix in CSR form (cells x features).
 * Column indices ascend within a row, no pair (row, column) occurs twice and no stored value is zero.
 */
export interface SparseRows {
  /** Number of rows (cells). */
  readonly rows: number;
  /** Number of columns (features). */
  readonly columns: number;
  /** Length `rows + 1`, starts at 0: row r holds entries `indptr[r] .. indptr[r + 1]`. A block never holds 2^32 entries. */
  readonly indptr: Uint32Array;
  /** Column of each entry, `< columns`; length at least `indptr[rows]`. */
  readonly indices: Uint32Array;
  /** Count of each entry, a positive integer (exact in float32 up to 2^24); length at least `indptr[rows]`. */
  readonly values: Float32Array;
}

/**
 * Counts that can be asked for row by row in any order, in memory or on disk.
 * Training, encoding and evaluation read through this; which rows come together never changes what a row holds.
 */
export interface CountSource {
  readonly rows: number;
  readonly columns: number;
  /** The given rows in the given order, repeats allowed. The result is the caller's until the next call on this source. */
  gather(rows: Uint32Array): SparseRows;
}
