import type { DenseMatrix } from './dense-matrix';
import type { EigenPairs } from './eigen-pairs';
import { lanczos } from './lanczos';
import { applyReflections, tridiagonalise, type Tridiagonalisation } from './tridiagonal';

/**
 * All eigenpairs of a symmetric matrix: Householder tridiagonal form, then QL with implicit shifts.
 * Only the lower triangle is read. About 4 size^3 multiply-adds; absolute error near machine precision times the norm.
 * Golub & Van Loan, Matrix Computations, 4th ed., section 8.3.
 */
export function symmetricEigen(matrix: DenseMatrix): EigenPairs {
  assertSquare(matrix);
  const n = matrix.rows;
  const reduced = tridiagonalise(matrix);
  const values = Float64Array.from(reduced.diagonal);
  // Row i starts as column i of Q, so that a rotation of two columns of Q works on two contiguous rows.
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    vectors[i * n + i] = 1;
    applyReflections(reduced, vectors.subarray(i * n, (i + 1) * n));
  }
  implicitQl(values, Float64Array.from(reduced.offDiagonal), vectors);
  return sortedDescending(values, vectors, n);
}

/** From this size on Lanczos steps are cheaper than a tridiagonal reduction. */
const largeMatrix = 800;

/**
 * The `count` largest eigenvalues of a symmetric matrix with their eigenvectors, to rounding; far cheaper than all of them.
 *
 * Small matrices: tridiagonal form, eigenvalues by QL, eigenvectors by inverse iteration. From 800 rows on: Lanczos with full
 * reorthogonalisation, which finds an eigenvalue that occurs several times only once. Residuals are checked in both; what fails the check gets
 * the slower method. Only the lower triangle is read.
 */
export function leadingEigenpairs(matrix: DenseMatrix, count: number): EigenPairs {
  assertSquare(matrix);
  const n = matrix.rows;
  const wanted = Math.min(count, n);
  if (wanted * 3 > n) return leading(symmetricEigen(matrix), wanted);
  if (n >= largeMatrix && wanted * 8 <= n) {
    const found = lanczos(mirrored(matrix), wanted, symmetricEigen);
    if (found !== undefined) return found;
  }
  const reduced = tridiagonalise(matrix);
  const all = Float64Array.from(reduced.diagonal);
  implicitQl(all, Float64Array.from(reduced.offDiagonal), undefined);
  all.sort().reverse();
  const values = all.slice(0, wanted);
  const vectors = new Float64Array(wanted * n);
  for (let k = 0; k < wanted; k++) {
    if (!inverseIteration(reduced, values, vectors, k)) return leading(symmetricEigen(matrix), wanted);
  }
  for (let k = 0; k < wanted; k++) applyReflections(reduced, vectors.subarray(k * n, (k + 1) * n));
  return { values, vectors: { rows: wanted, columns: n, values: vectors } };
}

/** A copy with the lower triangle copied into the upper. */
function mirrored(matrix: DenseMatrix): DenseMatrix {
  const n = matrix.rows;
  const values = Float64Array.from(matrix.values);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) values[j * n + i] = values[i * n + j];
  return { rows: n, columns: n, values };
}

function assertSquare(matrix: DenseMatrix): void {
  if (matrix.rows !== matrix.columns) throw new RangeError(`A symmetric matrix is square, not ${matrix.rows} x ${matrix.columns}.`);
}

function leading(pairs: EigenPairs, count: number): EigenPairs {
  const n = pairs.vectors.columns;
  return {
    values: pairs.values.slice(0, count),
    vectors: { rows: count, columns: n, values: pairs.vectors.values.slice(0, count * n) },
  };
}

function sortedDescending(values: Float64Array, vectors: Float64Array, n: number): EigenPairs {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (k) => values[k]), vectors: { rows: n, columns: n, values: sorted } };
}

/**
 * QL with implicit Wilkinson shifts on a tridiagonal matrix; overwrites both arrays and rotates the rows of `vectors` along.
 *
 * @param width columns of `vectors`: fewer than the size where only some components of the eigenvectors are wanted
 */
export function implicitQl(d: Float64Array, e: Float64Array, vectors: Float64Array | undefined, width: number = d.length): void {
  const n = d.length;
  // Against the norm of the whole: next to a zero block no off-diagonal entry is small beside its neighbours.
  const negligible = Number.EPSILON * normOf(d, e);
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && !(Math.abs(e[m]) <= negligible)) m++;
      if (m === l) break;
      if (iteration === 60) throw new RangeError('The eigenvalues do not converge: the matrix holds a value that is not finite.');
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (vectors !== undefined) rotateRows(vectors, width, i, c, s);
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function rotateRows(vectors: Float64Array, n: number, i: number, c: number, s: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k++) {
    const f = vectors[lower + k];
    const b = vectors[upper + k];
    vectors[lower + k] = s * b + c * f;
    vectors[upper + k] = c * b - s * f;
  }
}

/**
 * Writes the unit eigenvector of T for `values[k]` into row k; false when its residual stays too large.
 *
 * @param values of the vectors wanted, largest first, those before k found already
 */
export function inverseIteration(
  reduced: Pick<Tridiagonalisation, 'size' | 'diagonal' | 'offDiagonal'>,
  values: Float64Array,
  vectors: Float64Array,
  k: number,
): boolean {
  const { size: n, diagonal, offDiagonal } = reduced;
  const norm = normOf(diagonal, offDiagonal);
  if (norm === 0) return false;
  const y = vectors.subarray(k * n, (k + 1) * n);
  for (let i = 0; i < n; i++) y[i] = 1 + 0.5 * Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1));
  // Equal eigenvalues get slightly different shifts, or every solve would return the same direction.
  let shift = values[k];
  for (let j = k - 1; j >= 0 && values[j] - values[k] < 1e-13 * norm; j--) shift = values[k] - (k - j) * 1e-13 * norm;
  for (let round = 0; round < 6; round++) {
    solveShifted(diagonal, offDiagonal, shift, norm, y);
    // Vectors of a cluster are not orthogonal by themselves.
    for (let j = k - 1; j >= 0 && values[j] - values[k] < 1e-2 * norm; j--) {
      const other = vectors.subarray(j * n, (j + 1) * n);
      let inner = 0;
      for (let i = 0; i < n; i++) inner += other[i] * y[i];
      for (let i = 0; i < n; i++) y[i] -= inner * other[i];
    }
    let length = 0;
    for (let i = 0; i < n; i++) length += y[i] * y[i];
    length = Math.sqrt(length);
    if (!(length > 0) || !Number.isFinite(length)) return false;
    for (let i = 0; i < n; i++) y[i] /= length;
    if (round >= 1 && residual(diagonal, offDiagonal, values[k], y) <= 1e-13 * norm * Math.sqrt(n)) return true;
  }
  return false;
}

/** The largest row sum of absolute values of a tridiagonal matrix. */
function normOf(d: Float64Array, e: Float64Array): number {
  let norm = 0;
  for (let i = 0; i < d.length; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]) + (i > 0 ? Math.abs(e[i - 1]) : 0));
  return norm;
}

function residual(d: Float64Array, e: Float64Array, value: number, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) {
    const r = (d[i] - value) * y[i] + (i > 0 ? e[i - 1] * y[i - 1] : 0) + (i < d.length - 1 ? e[i] * y[i + 1] : 0);
    sum += r * r;
  }
  return Math.sqrt(sum);
}

/** Solves (T - shift I) x = y in place by elimination with partial pivoting; a vanishing pivot is replaced by a tiny one. */
function solveShifted(d: Float64Array, e: Float64Array, shift: number, norm: number, y: Float64Array): void {
  const n = d.length;
  const tiny = Number.EPSILON * norm;
  const u0 = new Float64Array(n);
  const u1 = new Float64Array(n);
  const u2 = new Float64Array(n);
  let pivot = d[0] - shift;
  let next = n > 1 ? e[0] : 0;
  for (let i = 0; i < n - 1; i++) {
    const below = e[i];
    const belowDiagonal = d[i + 1] - shift;
    const belowNext = i + 1 < n - 1 ? e[i + 1] : 0;
    if (Math.abs(below) > Math.abs(pivot)) {
      const factor = pivot / below;
      u0[i] = below;
      u1[i] = belowDiagonal;
      u2[i] = belowNext;
      pivot = next - factor * belowDiagonal;
      next = -factor * belowNext;
      const swapped = y[i];
      y[i] = y[i + 1];
      y[i + 1] = swapped - factor * y[i];
    } else {
      if (Math.abs(pivot) < tiny) pivot = tiny;
      const factor = below / pivot;
      u0[i] = pivot;
      u1[i] = next;
      pivot = belowDiagonal - factor * next;
      next = belowNext;
      y[i + 1] -= factor * y[i];
    }
  }
  u0[n - 1] = Math.abs(pivot) < tiny ? tiny : pivot;
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i];
    if (i + 1 < n) sum -= u1[i] * y[i + 1];
    if (i + 2 < n) sum -= u2[i] * y[i + 2];
    y[i] = sum / u0[i];
  }
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(y[i]));
  for (let i = 0; i < n && largest > 0; i++) y[i] /= largest;
}
