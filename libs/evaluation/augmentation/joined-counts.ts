import type { CountSource, SparseRows } from '@cfgen/tensors';

/** Counts of several sources one after the other, as counts of their own; all must have the same genes. */
export function joinedCounts(parts: readonly CountSource[]): CountSource {
  const starts = [0];
  for (const part of parts) starts.push(starts[starts.length - 1] + part.rows);
  return { rows: starts[parts.length], columns: parts[0]?.columns ?? 0, gather: (rows) => gather(parts, starts, rows) };
}

function gather(parts: readonly CountSource[], starts: readonly number[], rows: Uint32Array): SparseRows {
  const blocks = parts.map((part, p) => {
    const own = rows.filter((row) => row >= starts[p] && row < starts[p + 1]).map((row) => row - starts[p]);
    return part.gather(own);
  });
  const indptr = new Uint32Array(rows.length + 1);
  const indices = new Uint32Array(blocks.reduce((sum, block) => sum + block.indptr[block.rows], 0));
  const values = new Float32Array(indices.length);
  const next = parts.map(() => 0);
  rows.forEach((row, i) => {
    const p = starts.findLastIndex((start) => start <= row);
    const block = blocks[p];
    const at = next[p]++;
    const [from, to] = [block.indptr[at], block.indptr[at + 1]];
    indices.set(block.indices.subarray(from, to), indptr[i]);
    values.set(block.values.subarray(from, to), indptr[i]);
    indptr[i + 1] = indptr[i] + to - from;
  });
  return { rows: rows.length, columns: parts[0]?.columns ?? 0, indptr, indices, values };
}
