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
  // What a variable brings to all components lies together: one walk over the entries, in the order in which each sum has always been taken.
  const byVariable = new Float64Array(x.columns * d);
  const offsets = new Float64Array(d);
  for (let k = 0; k < d; k++) {
    const loading = loadings.values.subarray(k * x.columns, (k + 1) * x.columns);
    for (let j = 0; j < x.columns; j++) byVariable[j * d + k] = loading[j];
    if (means !== undefined) offsets[k] = means.reduce((sum, mean, j) => sum + mean * loading[j], 0);
  }
  const { indptr, indices, values } = x;
  const row = new Float64Array(d);
  for (let i = 0; i < x.rows; i++) {
    row.fill(0);
    const end = indptr[i + 1];
    let entry = indptr[i];
    // Four entries at a time, one after the other into the sum: the row is read and written once for all.
    for (; entry + 4 <= end; entry += 4) {
      const v0 = values[entry];
      const v1 = values[entry + 1];
      const v2 = values[entry + 2];
      const v3 = values[entry + 3];
      const at0 = indices[entry] * d;
      const at1 = indices[entry + 1] * d;
      const at2 = indices[entry + 2] * d;
      const at3 = indices[entry + 3] * d;
      for (let k = 0; k < d; k++) {
        row[k] = row[k] + v0 * byVariable[at0 + k] + v1 * byVariable[at1 + k] + v2 * byVariable[at2 + k] + v3 * byVariable[at3 + k];
      }
    }
    for (; entry < end; entry++) {
      const value = values[entry];
      const at = indices[entry] * d;
      for (let k = 0; k < d; k++) row[k] += value * byVariable[at + k];
    }
    for (let k = 0; k < d; k++) scores.values[i * d + k] = row[k] - offsets[k];
  }
  return scores;
}
