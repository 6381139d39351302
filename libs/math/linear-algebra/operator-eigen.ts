import type { EigenPairs } from './eigen-pairs';
import { implicitQl, inverseIteration } from './symmetric-eigen';

/** A symmetric matrix known only by what it does to a vector: a sparse matrix, or a product of several. */
export interface SymmetricOperator {
  readonly size: number;
  /** out = A x. */
  multiply(x: Float64Array, out: Float64Array): void;
}

export interface OperatorEigenOptions {
  /** Whether the largest eigenvalues are wanted (default), or those furthest from 0. */
  readonly by?: 'value' | 'magnitude';
  /** Residual ||A v - lambda v||, as a share of the largest eigenvalue, at which a pair counts as found. Default 1e-12. */
  readonly tolerance?: number;
}

/**
 * The `count` leading eigenpairs of a symmetric operator by the Lanczos method with full reorthogonalisation (Golub & Van Loan, Matrix
 * Computations, 4th ed., section 10.3). When the space closes early the search goes on in a fresh direction, so that a matrix of several
 * blocks gives the pairs of all of them.
 *
 * An eigenvalue that occurs several times within one block may be found fewer times: its further directions are out of reach of the start.
 *
 * @throws RangeError when the pairs do not reach the tolerance within 300 + 16 count steps
 */
export function leadingEigenpairsOf(operator: SymmetricOperator, count: number, options: OperatorEigenOptions = {}): EigenPairs {
  const { size: n } = operator;
  const wanted = Math.min(count, n);
  if (wanted < 1) return { values: new Float64Array(0), vectors: { rows: 0, columns: n, values: new Float64Array(0) } };
  const rank = options.by === 'magnitude' ? Math.abs : (value: number): number => value;
  const tolerance = options.tolerance ?? 1e-12;
  const most = Math.min(n, 300 + 16 * wanted);
  const basis: Float64Array[] = [startingVector(n, 0)];
  const alphas: number[] = [];
  const betas: number[] = [];
  let scale = 0;
  let check = Math.min(most, 2 * wanted + 20);
  for (let m = 1; m <= most; m++) {
    const current = basis[m - 1];
    let next: Float64Array = new Float64Array(n);
    operator.multiply(current, next);
    const alpha = inner(current, next);
    alphas.push(alpha);
    // In exact arithmetic this is all there is to remove; the rest is rounding.
    addScaled(next, -alpha, current);
    if (m > 1) addScaled(next, -betas[m - 2], basis[m - 2]);
    orthogonalise(next, basis);
    let beta = normalise(next);
    if (!Number.isFinite(alpha) || !Number.isFinite(beta)) throw new RangeError('The matrix holds a value that is not finite.');
    scale = Math.max(scale, Math.abs(alpha), beta);
    if (!(beta > 1e-13 * scale) && m < n) {
      // The space so far is closed under A: nothing couples it with what follows.
      beta = 0;
      next = startingVector(n, m);
      orthogonalise(next, basis);
      normalise(next);
    }
    betas.push(beta);
    if (m === check || m === most) {
      check = Math.min(most, Math.ceil(m * 1.2));
      const { values, settled } = projected(alphas, betas, wanted, rank, tolerance);
      if (settled || m === n) return ritzPairs(alphas, betas, values, basis, wanted, rank);
    }
    basis.push(next);
  }
  throw new RangeError(`${wanted} eigenpairs of a matrix of size ${n} were not found to ${tolerance} within ${most} steps.`);
}

/** Eigenvalues of the projection on the basis, and whether the first `wanted` pairs have small residuals. */
function projected(
  alphas: readonly number[],
  betas: readonly number[],
  wanted: number,
  rank: (value: number) => number,
  tolerance: number,
): { readonly values: Float64Array; readonly settled: boolean } {
  const m = alphas.length;
  const values = Float64Array.from(alphas);
  // The residual of a pair is beta times the last entry of its vector: one column of the vectors is enough.
  const last = new Float64Array(m);
  last[m - 1] = 1;
  implicitQl(values, couplings(betas, m), last, 1);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const settled = ranked(values, rank)
    .slice(0, wanted)
    .every((k) => Math.abs(betas[m - 1] * last[k]) <= tolerance * largest);
  return { values, settled };
}

/** Off-diagonal of the projection; the last entry is 0. */
function couplings(betas: readonly number[], m: number): Float64Array {
  return Float64Array.from({ length: m }, (_, i) => (i < m - 1 ? betas[i] : 0));
}

/** Eigenvectors of the matrix from those of its projection. */
function ritzPairs(
  alphas: readonly number[],
  betas: readonly number[],
  values: Float64Array,
  basis: readonly Float64Array[],
  wanted: number,
  rank: (value: number) => number,
): EigenPairs {
  const n = basis[0].length;
  const small = smallVectors(alphas, betas, values, wanted, rank);
  const m = alphas.length;
  const order = ranked(small.values, rank);
  const vectors = new Float64Array(wanted * n);
  order.forEach((k, at) => {
    const vector = vectors.subarray(at * n, (at + 1) * n);
    for (let b = 0; b < m; b++) addScaled(vector, small.vectors[k * m + b], basis[b]);
    normalise(vector);
  });
  return { values: Float64Array.from(order, (k) => small.values[k]), vectors: { rows: wanted, columns: n, values: vectors } };
}

/** The wanted eigenpairs of the projection: by inverse iteration, or by all of them where that fails. */
function smallVectors(
  alphas: readonly number[],
  betas: readonly number[],
  values: Float64Array,
  wanted: number,
  rank: (value: number) => number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const m = alphas.length;
  const chosen = Float64Array.from(ranked(values, rank).slice(0, wanted), (k) => values[k])
    .sort()
    .reverse();
  const reduced = { size: m, diagonal: Float64Array.from(alphas), offDiagonal: couplings(betas, m) };
  const vectors = new Float64Array(wanted * m);
  let found = 0;
  while (found < wanted && inverseIteration(reduced, chosen, vectors, found)) found++;
  if (found === wanted) return { values: chosen, vectors };
  const all = Float64Array.from(alphas);
  const rotated = new Float64Array(m * m);
  for (let i = 0; i < m; i++) rotated[i * m + i] = 1;
  implicitQl(all, couplings(betas, m), rotated);
  const order = ranked(all, rank).slice(0, wanted);
  order.forEach((k, at) => vectors.set(rotated.subarray(k * m, (k + 1) * m), at * m));
  return { values: Float64Array.from(order, (k) => all[k]), vectors };
}

function ranked(values: Float64Array, rank: (value: number) => number): number[] {
  return Array.from(values.keys()).sort((a, b) => rank(values[b]) - rank(values[a]) || values[b] - values[a] || a - b);
}

/** A fixed direction with a share of every eigenvector, one for each `draw`. */
function startingVector(n: number, draw: number): Float64Array {
  const vector = Float64Array.from({ length: n }, (_, i) => (draw === 0 ? 1 : 0) + 0.5 * Math.sin(12.9898 * (i + 1) + 78.233 * draw));
  normalise(vector);
  return vector;
}

/** Removes the components along the basis; again when that took most of the vector, as what is left is then full of rounding. */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 3; pass++) {
    const before = inner(vector, vector);
    removeComponents(vector, basis);
    if (inner(vector, vector) > 0.5 * before) return;
  }
}

/** vector - Q (Q^T vector), four vectors of the basis at a time: the vector is then read a quarter as often. */
function removeComponents(vector: Float64Array, basis: readonly Float64Array[]): void {
  const n = vector.length;
  const parts = new Float64Array(basis.length);
  let b = 0;
  for (; b + 3 < basis.length; b += 4) {
    const [q0, q1, q2, q3] = [basis[b], basis[b + 1], basis[b + 2], basis[b + 3]];
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < n; i++) {
      const value = vector[i];
      s0 += q0[i] * value;
      s1 += q1[i] * value;
      s2 += q2[i] * value;
      s3 += q3[i] * value;
    }
    parts[b] = s0;
    parts[b + 1] = s1;
    parts[b + 2] = s2;
    parts[b + 3] = s3;
  }
  for (; b < basis.length; b++) parts[b] = inner(basis[b], vector);
  b = 0;
  for (; b + 3 < basis.length; b += 4) {
    const [q0, q1, q2, q3] = [basis[b], basis[b + 1], basis[b + 2], basis[b + 3]];
    const [h0, h1, h2, h3] = [parts[b], parts[b + 1], parts[b + 2], parts[b + 3]];
    for (let i = 0; i < n; i++) vector[i] -= h0 * q0[i] + h1 * q1[i] + (h2 * q2[i] + h3 * q3[i]);
  }
  for (; b < basis.length; b++) addScaled(vector, -parts[b], basis[b]);
}

function inner(a: Float64Array, b: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < a.length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

/** Scales to unit length; returns the length before. */
function normalise(vector: Float64Array): number {
  const length = Math.sqrt(inner(vector, vector));
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return length;
}
