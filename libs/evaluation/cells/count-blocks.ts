import type { CountSource, SparseRows } from '@cfgen/tensors';

/** Rows asked for at once: a few megabytes of RNA counts. */
const blockRows = 1024;

/**
 * Passes over the given rows (all by default) block by block, in order.
 *
 * @param visit a block and the position of its first row among the rows asked for
 */
export function forEachBlock(counts: CountSource, visit: (block: SparseRows, start: number) => void, rows?: Uint32Array): void {
  const total = rows?.length ?? counts.rows;
  for (let start = 0; start < total; start += blockRows) {
    const end = Math.min(start + blockRows, total);
    const wanted = rows?.subarray(start, end) ?? Uint32Array.from({ length: end - start }, (_, at) => start + at);
    visit(counts.gather(wanted), start);
  }
}

/** Total count of each of the given rows (all by default). */
export function libraryTotals(counts: CountSource, rows?: Uint32Array): Float64Array {
  const totals = new Float64Array(rows?.length ?? counts.rows);
  forEachBlock(
    counts,
    (block, start) => {
      for (let r = 0; r < block.rows; r++) totals[start + r] = rowTotal(block, r);
    },
    rows,
  );
  return totals;
}

/** Sum of the counts of row `r`. */
export function rowTotal(block: SparseRows, r: number): number {
  let total = 0;
  for (let at = block.indptr[r]; at < block.indptr[r + 1]; at++) total += block.values[at];
  return total;
}
