import type { CountSource, SparseRows } from '@cfgen/tensors';

/** Counts held in memory. */
export function storedCounts(stored: SparseRows): CountSource {
  return { rows: stored.rows, columns: stored.columns, gather: (rows) => gatherSparseRows(stored, rows) };
}

/** Some rows of other counts, in the given order, as counts of their own. Nothing is copied until rows are asked for. */
export function selectedCounts(counts: CountSource, rows: Uint32Array): CountSource {
  return { rows: rows.length, columns: counts.columns, gather: (wanted) => counts.gather(wanted.map((row) => rows[row])) };
}

function gatherSparseRows(stored: SparseRows, rows: Uint32Array): SparseRows {
  const indptr = new Uint32Array(rows.length + 1);
  rows.forEach((row, at) => (indptr[at + 1] = indptr[at] + stored.indptr[row + 1] - stored.indptr[row]));
  const indices = new Uint32Array(indptr[rows.length]);
  const values = new Float32Array(indptr[rows.length]);
  rows.forEach((row, at) => {
    indices.set(stored.indices.subarray(stored.indptr[row], stored.indptr[row + 1]), indptr[at]);
    values.set(stored.values.subarray(stored.indptr[row], stored.indptr[row + 1]), indptr[at]);
  });
  return { rows: rows.length, columns: stored.columns, indptr, indices, values };
}
