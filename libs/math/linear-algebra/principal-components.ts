import { columnMeans, denseMatrix, type DenseMatrix } from './dense-matrix';
import { leadingEigenpairs } from './symmetric-eigen';

/** Principal components of a matrix of observations (rows) by variables (columns). */
export interface PrincipalComponents {
  /** Mean of each variable, mu. */
  readonly means: Float64Array;
  /** components x variables: row k holds the loadings of component k, of unit length. */
  readonly loadings: DenseMatrix;
  /** s_k^2 / (rows - 1), largest first. */
  readonly variances: Float64Array;
  /** Sum of the variances of all variables, the total that `variances` are shares of. */
  readonly totalVariance: number;
  /** rows x components: (X - mu) P. */
  readonly scores: DenseMatrix;
}

/** Below this share of the largest eigenvalue a direction is rounding error of the Gram matrix, not data. */
export const rankTolerance = 1e-12;

/**
 * The first `components` principal components of X by an exact eigendecomposition of the smaller of the two Gram matrices of the centred
 * data, in float64. Zero entries of X cost almost nothing.
 *
 * Fewer components come back when the centred data have a lower rank. Sign: in each component the score with the largest absolute value is
 * positive (the first such row on ties).
 *
 * @throws RangeError when there are fewer than two rows
 */
export function principalComponents(x: DenseMatrix, components: number): PrincipalComponents {
  if (x.rows < 2) throw new RangeError(`Principal components need at least two rows, not ${x.rows}.`);
  const means = columnMeans(x);
  const overRows = x.rows <= x.columns;
  const gram = overRows ? centredRowGram(x, means) : centredColumnGram(x, means);
  let trace = 0;
  for (let i = 0; i < gram.rows; i++) trace += gram.values[i * gram.rows + i];
  const pairs = leadingEigenpairs(gram, Math.min(components, x.rows - 1, x.columns));
  let rank = 0;
  while (rank < pairs.values.length && pairs.values[rank] > rankTolerance * pairs.values[0]) rank++;
  const vectors = denseMatrix(rank, gram.rows, pairs.vectors.values.subarray(0, rank * gram.rows));
  const loadings = overRows ? loadingsOfRowVectors(x, means, vectors) : vectors;
  for (let k = 0; k < rank; k++) orthonormalise(loadings, k);
  const scores = project(x, loadings, means);
  fixSigns(loadings, scores);
  const variances = new Float64Array(rank);
  for (let k = 0; k < rank; k++) variances[k] = pairs.values[k] / (x.rows - 1);
  return { means, loadings, variances, totalVariance: trace / (x.rows - 1), scores };
}

/**
 * Coordinates of the rows of X on the components: (X - means) P, or X P when `means` is left out.
 *
 * @param loadings components x variables
 */
export function project(x: DenseMatrix, loadings: DenseMatrix, means?: Float64Array): DenseMatrix {
  if (loadings.columns !== x.columns) throw new RangeError(`Loadings of ${loadings.columns} variables do not fit ${x.columns} columns.`);
  const { rows: n, columns: g } = x;
  const d = loadings.rows;
  // Variable by variable a row of P: skipping the zeros of X is then possible.
  const byVariable = transposed(loadings);
  const offset = new Float64Array(d);
  if (means !== undefined) {
    for (let j = 0; j < g; j++) for (let k = 0; k < d; k++) offset[k] += means[j] * byVariable[j * d + k];
  }
  const scores = denseMatrix(n, d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let j = 0; j < g; j++) {
      const value = x.values[i * g + j];
      if (value === 0) continue;
      const start = j * d;
      for (let k = 0; k < d; k++) row[k] += value * byVariable[start + k];
    }
    for (let k = 0; k < d; k++) scores.values[i * d + k] = row[k] - offset[k];
  }
  return scores;
}

/** (X - mu)^T (X - mu), lower triangle filled: columns x columns. */
function centredColumnGram(x: DenseMatrix, means: Float64Array): DenseMatrix {
  const { rows: n, columns: g, values } = x;
  const gram = denseMatrix(g, g);
  addOuterProducts(values, n, g, gram.values);
  for (let a = 0; a < g; a++) for (let b = 0; b <= a; b++) gram.values[a * g + b] -= n * means[a] * means[b];
  return gram;
}

/** (X - mu) (X - mu)^T, lower triangle filled: rows x rows. */
function centredRowGram(x: DenseMatrix, means: Float64Array): DenseMatrix {
  const { rows: n, columns: g, values } = x;
  const gram = denseMatrix(n, n);
  addOuterProducts(transposed(x), g, n, gram.values);
  const onMeans = new Float64Array(n);
  let norm2 = 0;
  for (let j = 0; j < g; j++) norm2 += means[j] * means[j];
  for (let i = 0; i < n; i++) for (let j = 0; j < g; j++) onMeans[i] += values[i * g + j] * means[j];
  for (let a = 0; a < n; a++) for (let b = 0; b <= a; b++) gram.values[a * n + b] += norm2 - onMeans[a] - onMeans[b];
  return gram;
}

/** Adds the outer product of every row with itself to the lower triangle of `gram`, skipping zeros. */
function addOuterProducts(values: Float64Array, rows: number, columns: number, gram: Float64Array): void {
  const where = new Int32Array(columns);
  const what = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    let filled = 0;
    for (let j = 0; j < columns; j++) {
      const value = values[i * columns + j];
      if (value === 0) continue;
      where[filled] = j;
      what[filled++] = value;
    }
    for (let a = 0; a < filled; a++) {
      const start = where[a] * columns;
      const value = what[a];
      for (let b = 0; b <= a; b++) gram[start + where[b]] += value * what[b];
    }
  }
}

/** (X - mu)^T v for each row v of `vectors` (one entry a row of X): vectors x variables. */
function loadingsOfRowVectors(x: DenseMatrix, means: Float64Array, vectors: DenseMatrix): DenseMatrix {
  const { rows: n, columns: g } = x;
  const d = vectors.rows;
  const byVariable = new Float64Array(g * d);
  const weights = new Float64Array(d);
  const sums = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < d; k++) {
      weights[k] = vectors.values[k * n + i];
      sums[k] += weights[k];
    }
    for (let j = 0; j < g; j++) {
      const value = x.values[i * g + j];
      if (value === 0) continue;
      for (let k = 0; k < d; k++) byVariable[j * d + k] += value * weights[k];
    }
  }
  for (let j = 0; j < g; j++) for (let k = 0; k < d; k++) byVariable[j * d + k] -= means[j] * sums[k];
  return denseMatrix(d, g, transposed({ rows: g, columns: d, values: byVariable }));
}

/** Makes row k orthogonal to the rows before it and of unit length; it is nearly so already, this removes the rounding of weak components. */
export function orthonormalise(loadings: DenseMatrix, k: number): void {
  const g = loadings.columns;
  const row = loadings.values.subarray(k * g, (k + 1) * g);
  for (let before = 0; before < k; before++) {
    const other = loadings.values.subarray(before * g, (before + 1) * g);
    let inner = 0;
    for (let j = 0; j < g; j++) inner += other[j] * row[j];
    for (let j = 0; j < g; j++) row[j] -= inner * other[j];
  }
  let norm2 = 0;
  for (let j = 0; j < g; j++) norm2 += row[j] * row[j];
  const scale = 1 / Math.sqrt(norm2);
  for (let j = 0; j < g; j++) row[j] *= scale;
}

/** Turns components so that in each the score with the largest absolute value is positive. */
export function fixSigns(loadings: DenseMatrix, scores: DenseMatrix): void {
  const d = loadings.rows;
  for (let k = 0; k < d; k++) {
    let extreme = 0;
    for (let i = 0; i < scores.rows; i++) {
      const score = scores.values[i * d + k];
      // A hair's breadth of slack: two scores equal but for rounding must not decide by that rounding.
      if (Math.abs(score) > Math.abs(extreme) * (1 + 1e-12)) extreme = score;
    }
    if (extreme >= 0) continue;
    for (let i = 0; i < scores.rows; i++) scores.values[i * d + k] = -scores.values[i * d + k];
    const g = loadings.columns;
    for (let j = 0; j < g; j++) loadings.values[k * g + j] = -loadings.values[k * g + j];
  }
}

function transposed(matrix: DenseMatrix): Float64Array {
  const { rows, columns, values } = matrix;
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  return out;
}
