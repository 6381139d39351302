import type { SparseRows } from '@cfgen/tensors';

/** Rows `start .. end` of a block. */
export function sliceRows(block: SparseRows, start: number, end: number): SparseRows {
  if (start === 0 && end === block.rows) return block;
  const [from, to] = [block.indptr[start], block.indptr[end]];
  return {
    rows: end - start,
    columns: block.columns,
    indptr: block.indptr.slice(start, end + 1).map((offset) => offset - from),
    indices: block.indices.subarray(from, to),
    values: block.values.subarray(from, to),
  };
}
