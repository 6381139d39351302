import { denseMatrix, type DenseMatrix } from '@cfgen/math';
import type { CountSource, SparseRows } from '@cfgen/tensors';
import { forEachBlock, rowTotal } from '../cells/count-blocks';

/** The total every cell is scaled to. */
export const targetTotal = 1e4;

/** Calls `visit` with `ln(1 + 1e4 x / l)` of every non-zero count of row `r`, l the row's total over all genes. An empty row has none. */
export function forEachLogNormalised(block: SparseRows, r: number, visit: (gene: number, value: number) => void): void {
  const scale = targetTotal / rowTotal(block, r);
  for (let at = block.indptr[r]; at < block.indptr[r + 1]; at++) visit(block.indices[at], Math.log1p(block.values[at] * scale));
}

/**
 * `ln(1 + 1e4 x_ij / l_i)` of the chosen genes, l_i the cell's total over ALL genes: cells x `genes.length`, dense.
 *
 * @param genes columns of `counts` to keep, in the order wanted
 * @param rows cells wanted, all by default
 */
export function logNormalised(counts: CountSource, genes: ArrayLike<number>, rows?: Uint32Array): DenseMatrix {
  const position = new Int32Array(counts.columns).fill(-1);
  for (let at = 0; at < genes.length; at++) position[genes[at]] = at;
  const matrix = denseMatrix(rows?.length ?? counts.rows, genes.length);
  forEachBlock(
    counts,
    (block, start) => {
      for (let r = 0; r < block.rows; r++) {
        const row = (start + r) * genes.length;
        forEachLogNormalised(block, r, (gene, value) => {
          if (position[gene] >= 0) matrix.values[row + position[gene]] = value;
        });
      }
    },
    rows,
  );
  return matrix;
}
