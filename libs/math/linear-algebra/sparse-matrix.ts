import { denseMatrix, type DenseMatrix } from './dense-matrix';

/** A sparse matrix by rows (CSR): row i holds `values[k]` in column `indices[k]` for k from `indptr[i]` to `indptr[i + 1]`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

/** `out = X v`. */
export function multiplySparse({ rows, indptr, indices, values }: SparseMatrix, v: Float64Array, out: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = indptr[i]; k < indptr[i + 1]; k++) sum += values[k] * v[indices[k]];
    out[i] = sum;
  }
}

/** `out = Xᵀ v`. */
export function multiplySparseTransposed({ rows, indptr, indices, values }: SparseMatrix, v: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < rows; i++) {
    const factor = v[i];
    for (let k = indptr[i]; k < indptr[i + 1]; k++) out[indices[k]] += factor * values[k];
  }
}

/**
 * Coordinates of the rows of X on components: (X - means) P, or X P when `means` is left out.
 *
 * @param loadings components x variables
 */
export function projectSparse(x: SparseMatrix, loadings: DenseMatrix, means?: Float64Array): DenseMatrix {
  if (loadings.columns !== x.columns) throw new RangeError(`Loadings of ${loadings.columns} variables do not fit ${x.columns} columns.`);
  const d = loadings.rows;
  const scores = denseMatrix(x.rows, d);
  const column = new Float64Array(x.rows);
  for (let k = 0; k < d; k++) {
    const loading = loadings.values.subarray(k * x.columns, (k + 1) * x.columns);
    const offset = means === undefined ? 0 : means.reduce((sum, mean, j) => sum + mean * loading[j], 0);
    multiplySparse(x, loading, column);
    for (let i = 0; i < x.rows; i++) scores.values[i * d + k] = column[i] - offset;
  }
  return scores;
}
