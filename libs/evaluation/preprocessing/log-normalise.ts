import { denseMatrix, type DenseMatrix, type SparseMatrix } from '@cfgen/math';
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

/** The same without the zeros. */
export function logNormalisedSparse(counts: CountSource, genes: ArrayLike<number>, rows?: Uint32Array): SparseMatrix {
  const position = new Int32Array(counts.columns).fill(-1);
  for (let at = 0; at < genes.length; at++) position[genes[at]] = at;
  const count = rows?.length ?? counts.rows;
  const indptr = new Uint32Array(count + 1);
  let indices = new Uint32Array(1 << 16);
  let values = new Float64Array(1 << 16);
  let filled = 0;
  forEachBlock(
    counts,
    (block, start) => {
      // Room for every count of the block; the arrays at least double, so that copying stays cheap.
      const room = filled + block.indptr[block.rows];
      if (room > indices.length) {
        const grown = {
          indices: new Uint32Array(Math.max(room, 2 * indices.length)),
          values: new Float64Array(Math.max(room, 2 * indices.length)),
        };
        grown.indices.set(indices.subarray(0, filled));
        grown.values.set(values.subarray(0, filled));
        ({ indices, values } = grown);
      }
      for (let r = 0; r < block.rows; r++) {
        forEachLogNormalised(block, r, (gene, value) => {
          if (position[gene] < 0) return;
          indices[filled] = position[gene];
          values[filled++] = value;
        });
        indptr[start + r + 1] = filled;
      }
    },
    rows,
  );
  return { rows: count, columns: genes.length, indptr, indices: indices.slice(0, filled), values: values.slice(0, filled) };
}
