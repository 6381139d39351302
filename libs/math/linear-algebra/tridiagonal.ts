import type { DenseMatrix } from './dense-matrix';

/** A symmetric matrix A = Q T Q^T: T is tridiagonal, Q a product of Householder reflections kept in `reflectors`. */
export interface Tridiagonalisation {
  readonly size: number;
  /** Diagonal of T, length `size`. */
  readonly diagonal: Float64Array;
  /** `offDiagonal[i]` couples i and i + 1; length `size`, the last entry is 0. */
  readonly offDiagonal: Float64Array;
  /** Row k holds the vector of reflection k in columns k + 1 .. size - 1; the rest is scratch. */
  readonly reflectors: Float64Array;
  /** Reflection k is I - scale[k] v v^T. */
  readonly scales: Float64Array;
}

/**
 * Householder reduction of a symmetric matrix to tridiagonal form. Only the lower triangle is read; the input is left as it is.
 * About 2/3 size^3 multiply-adds. Golub & Van Loan, Matrix Computations, 4th ed., section 8.3.1.
 */
export function tridiagonalise(matrix: DenseMatrix): Tridiagonalisation {
  const n = matrix.rows;
  const a = Float64Array.from(matrix.values);
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const scales = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    diagonal[k] = a[k * n + k];
    let largest = 0;
    for (let i = k + 1; i < n; i++) largest = Math.max(largest, Math.abs(a[i * n + k]));
    let below = 0;
    let norm2 = 0;
    for (let i = k + 1; i < n; i++) {
      // Scaled by the largest entry so that squares neither overflow nor vanish.
      v[i] = largest === 0 ? 0 : a[i * n + k] / largest;
      norm2 += v[i] * v[i];
      if (i > k + 1) below += v[i] * v[i];
    }
    if (below === 0) {
      offDiagonal[k] = a[(k + 1) * n + k];
      continue;
    }
    const norm = v[k + 1] > 0 ? -Math.sqrt(norm2) : Math.sqrt(norm2);
    offDiagonal[k] = norm * largest;
    v[k + 1] -= norm;
    const scale = 2 / (below + v[k + 1] * v[k + 1]);
    scales[k] = scale;
    symmetricProduct(a, n, k + 1, v, w);
    let inner = 0;
    for (let i = k + 1; i < n; i++) {
      w[i] *= scale;
      inner += w[i] * v[i];
    }
    inner *= scale / 2;
    for (let i = k + 1; i < n; i++) w[i] -= inner * v[i];
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const vi = v[i];
      const wi = w[i];
      for (let j = k + 1; j <= i; j++) a[row + j] -= vi * w[j] + wi * v[j];
    }
    for (let j = k + 1; j < n; j++) a[k * n + j] = v[j];
  }
  if (n > 0) diagonal[n - 1] = a[n * n - 1];
  return { size: n, diagonal, offDiagonal, reflectors: a, scales };
}

/** w = A v on rows and columns `from ..`, A given by its lower triangle. */
function symmetricProduct(a: Float64Array, n: number, from: number, v: Float64Array, w: Float64Array): void {
  for (let i = from; i < n; i++) {
    const row = i * n;
    const vi = v[i];
    let sum = a[row + i] * vi;
    for (let j = from; j < i; j++) {
      const entry = a[row + j];
      sum += entry * v[j];
      w[j] += entry * vi;
    }
    w[i] = sum;
  }
}

/** Turns a vector y of the tridiagonal basis into Q y, in place. `vector` may be a row of a larger array. */
export function applyReflections(reduced: Tridiagonalisation, vector: Float64Array): void {
  const { size: n, reflectors, scales } = reduced;
  for (let k = n - 2; k >= 0; k--) {
    if (scales[k] === 0) continue;
    const row = k * n;
    let inner = 0;
    for (let j = k + 1; j < n; j++) inner += reflectors[row + j] * vector[j];
    inner *= scales[k];
    for (let j = k + 1; j < n; j++) vector[j] -= inner * reflectors[row + j];
  }
}
