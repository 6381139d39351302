import { denseMatrix, type DenseMatrix } from './dense-matrix';
import { leadingEigenpairsOf, type SymmetricOperator } from './operator-eigen';
import { fixSigns, orthonormalise, rankTolerance, type PrincipalComponents } from './principal-components';
import { multiplySparse, multiplySparseTransposed, projectSparse, type SparseMatrix } from './sparse-matrix';

/** Residual of an eigenpair as a share of the largest eigenvalue: coordinates keep about eight digits. */
const tolerance = 1e-10;

/**
 * The first `components` principal components of a sparse X, as `principalComponents` has them, without the dense matrix ever existing: Lanczos
 * steps on the smaller of (X - mu) (X - mu)ᵀ and (X - mu)ᵀ (X - mu), of which only products with vectors are formed.
 *
 * @throws RangeError when there are fewer than two rows
 */
export function sparsePrincipalComponents(x: SparseMatrix, components: number): PrincipalComponents {
  if (x.rows < 2) throw new RangeError(`Principal components need at least two rows, not ${x.rows}.`);
  const { means, totalVariance } = columnMoments(x);
  const overRows = x.rows <= x.columns;
  const operator = overRows ? rowOperator(x, means) : columnOperator(x, means);
  const pairs = leadingEigenpairsOf(operator, Math.min(components, x.rows - 1, x.columns), { tolerance });
  let rank = 0;
  while (rank < pairs.values.length && pairs.values[rank] > rankTolerance * pairs.values[0]) rank++;
  const vectors = denseMatrix(rank, operator.size, pairs.vectors.values.subarray(0, rank * operator.size));
  const loadings = overRows ? loadingsOf(x, means, vectors) : vectors;
  for (let k = 0; k < rank; k++) orthonormalise(loadings, k);
  const scores = projectSparse(x, loadings, means);
  fixSigns(loadings, scores);
  const variances = pairs.values.slice(0, rank).map((value) => value / (x.rows - 1));
  return { means, loadings, variances, totalVariance, scores };
}

function columnMoments({ rows, columns, indptr, indices, values }: SparseMatrix): { means: Float64Array; totalVariance: number } {
  const means = new Float64Array(columns);
  const entries = new Float64Array(columns);
  for (let k = 0; k < indptr[rows]; k++) {
    means[indices[k]] += values[k];
    entries[indices[k]]++;
  }
  for (let j = 0; j < columns; j++) means[j] /= rows;
  let squares = 0;
  for (let k = 0; k < indptr[rows]; k++) squares += (values[k] - means[indices[k]]) ** 2;
  for (let j = 0; j < columns; j++) squares += (rows - entries[j]) * means[j] ** 2;
  return { means, totalVariance: squares / (rows - 1) };
}

/** v -> (X - mu) (X - mu)ᵀ v. */
function rowOperator(x: SparseMatrix, means: Float64Array): SymmetricOperator {
  const onColumns = new Float64Array(x.columns);
  return {
    size: x.rows,
    multiply(v, out) {
      multiplySparseTransposed(x, v, onColumns);
      const total = sum(v);
      for (let j = 0; j < x.columns; j++) onColumns[j] -= means[j] * total;
      multiplySparse(x, onColumns, out);
      const shift = inner(means, onColumns);
      for (let i = 0; i < x.rows; i++) out[i] -= shift;
    },
  };
}

/** v -> (X - mu)ᵀ (X - mu) v. */
function columnOperator(x: SparseMatrix, means: Float64Array): SymmetricOperator {
  const onRows = new Float64Array(x.rows);
  return {
    size: x.columns,
    multiply(v, out) {
      multiplySparse(x, v, onRows);
      const shift = inner(means, v);
      for (let i = 0; i < x.rows; i++) onRows[i] -= shift;
      multiplySparseTransposed(x, onRows, out);
      const total = sum(onRows);
      for (let j = 0; j < x.columns; j++) out[j] -= means[j] * total;
    },
  };
}

/** (X - mu)ᵀ v for each row v of `vectors` (one entry a row of X): vectors x variables. */
function loadingsOf(x: SparseMatrix, means: Float64Array, vectors: DenseMatrix): DenseMatrix {
  const loadings = denseMatrix(vectors.rows, x.columns);
  for (let k = 0; k < vectors.rows; k++) {
    const vector = vectors.values.subarray(k * x.rows, (k + 1) * x.rows);
    const row = loadings.values.subarray(k * x.columns, (k + 1) * x.columns);
    multiplySparseTransposed(x, vector, row);
    const total = sum(vector);
    for (let j = 0; j < x.columns; j++) row[j] -= means[j] * total;
  }
  return loadings;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function inner(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
