import type { DenseMatrix } from './dense-matrix';
import type { EigenPairs } from './eigen-pairs';

/** Decomposes the small projected matrix, given by its lower triangle. */
type SmallEigen = (matrix: DenseMatrix) => EigenPairs;

/** Residual, as a share of the largest eigenvalue, at which an eigenpair counts as found: its eigenvalue is then exact to rounding. */
const residualTolerance = 1e-13;

/**
 * The `count` largest eigenpairs by the Lanczos method with full reorthogonalisation: every basis vector is made orthogonal to all before it,
 * twice, so that no eigenvalue appears falsely. Golub & Van Loan, Matrix Computations, 4th ed., section 10.3.
 *
 * @param matrix symmetric, the full square filled
 * @returns `undefined` when the pairs do not reach the tolerance within `size / 2` steps, or when the space closes early (a degenerate matrix)
 */
export function lanczos(matrix: DenseMatrix, count: number, smallEigen: SmallEigen): EigenPairs | undefined {
  const n = matrix.rows;
  const most = n >> 1;
  const basis = new Float64Array((most + 1) * n);
  const alphas: number[] = [];
  const betas: number[] = [];
  for (let i = 0; i < n; i++) basis[i] = 1 + 0.5 * Math.sin(12.9898 * (i + 1));
  normalise(basis.subarray(0, n));
  let check = 3 * count;
  for (let m = 1; m <= most; m++) {
    const current = basis.subarray((m - 1) * n, m * n);
    const next = basis.subarray(m * n, (m + 1) * n);
    multiply(matrix, current, next);
    let alpha = 0;
    for (let i = 0; i < n; i++) alpha += current[i] * next[i];
    alphas.push(alpha);
    for (let pass = 0; pass < 2; pass++) removeComponents(basis, m, n, next);
    const beta = normalise(next);
    if (!(beta > 1e-10 * Math.abs(alphas[0]))) return undefined;
    betas.push(beta);
    if (m < check) continue;
    check = Math.ceil(m * 1.25);
    const small = smallEigen(projected(alphas, betas));
    const largest = Math.abs(small.values[0]);
    let found = 0;
    while (found < count && Math.abs(beta * small.vectors.values[found * m + m - 1]) <= residualTolerance * largest) found++;
    if (found === count) return ritzPairs(small, basis, m, n, count);
  }
  return undefined;
}

function projected(alphas: readonly number[], betas: readonly number[]): DenseMatrix {
  const m = alphas.length;
  const values = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    values[i * m + i] = alphas[i];
    if (i > 0) values[i * m + i - 1] = betas[i - 1];
  }
  return { rows: m, columns: m, values };
}

/** Eigenvectors of the matrix from those of its projection. */
function ritzPairs(small: EigenPairs, basis: Float64Array, m: number, n: number, count: number): EigenPairs {
  const vectors = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const vector = vectors.subarray(k * n, (k + 1) * n);
    for (let b = 0; b < m; b++) {
      const weight = small.vectors.values[k * m + b];
      const row = b * n;
      for (let i = 0; i < n; i++) vector[i] += weight * basis[row + i];
    }
    normalise(vector);
  }
  return { values: small.values.slice(0, count), vectors: { rows: count, columns: n, values: vectors } };
}

/** Removes from `vector` its components along the first `m` basis vectors. */
function removeComponents(basis: Float64Array, m: number, n: number, vector: Float64Array): void {
  for (let b = 0; b < m; b++) {
    const row = b * n;
    let inner = 0;
    for (let i = 0; i < n; i++) inner += basis[row + i] * vector[i];
    for (let i = 0; i < n; i++) vector[i] -= inner * basis[row + i];
  }
}

function multiply({ rows: n, values }: DenseMatrix, x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    // Four sums at once: a single one would wait for each addition before the next.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let j = 0;
    for (; j + 3 < n; j += 4) {
      a += values[row + j] * x[j];
      b += values[row + j + 1] * x[j + 1];
      c += values[row + j + 2] * x[j + 2];
      d += values[row + j + 3] * x[j + 3];
    }
    for (; j < n; j++) a += values[row + j] * x[j];
    out[i] = a + b + (c + d);
  }
}

/** Scales to unit length; returns the length before. */
function normalise(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return length;
}
