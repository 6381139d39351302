import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseMatrix, type DenseMatrix } from './dense-matrix';
import type { EigenPairs } from './eigen-pairs';
import { leadingEigenpairs, symmetricEigen } from './symmetric-eigen';

function symmetric(n: number, entry: (i: number, j: number) => number): DenseMatrix {
  const matrix = denseMatrix(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix.values[i * n + j] = matrix.values[j * n + i] = entry(i, j);
  return matrix;
}

/** Squares of entries below 1e-150 vanish in float64: such a matrix has no float64 eigenvectors. */
function withoutUnderflow(value: number): number {
  return Math.abs(value) < 1e-150 ? 0 : value;
}

/** Largest entry of A v - lambda v and of V V^T - I. */
function defects(matrix: DenseMatrix, pairs: EigenPairs): { residual: number; orthogonality: number } {
  const n = matrix.rows;
  const v = pairs.vectors.values;
  let residual = 0;
  let orthogonality = 0;
  for (let a = 0; a < pairs.values.length; a++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix.values[i * n + j] * v[a * n + j];
      residual = Math.max(residual, Math.abs(sum - pairs.values[a] * v[a * n + i]));
    }
    for (let b = 0; b <= a; b++) {
      let inner = 0;
      for (let i = 0; i < n; i++) inner += v[a * n + i] * v[b * n + i];
      orthogonality = Math.max(orthogonality, Math.abs(inner - (a === b ? 1 : 0)));
    }
  }
  return { residual, orthogonality };
}

describe('eigenpairs of a symmetric matrix', () => {
  it('satisfy A v = lambda v with orthonormal vectors, whatever the matrix', () => {
    const matrices = fc
      .integer({ min: 1, max: 9 })
      .chain((n) =>
        fc
          .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n * n, maxLength: n * n })
          .map((values) => symmetric(n, (i, j) => withoutUnderflow(values[i * n + j]))),
      );
    fc.assert(
      fc.property(matrices, (matrix) => {
        const { residual, orthogonality } = defects(matrix, symmetricEigen(matrix));
        return residual < 1e-12 * 100 && orthogonality < 1e-12;
      }),
    );
  });

  it('are known for the second-difference matrix: 2 - 2 cos(k pi / (n + 1))', () => {
    const n = 90;
    const matrix = symmetric(n, (i, j) => (i === j ? 2 : i - j === 1 ? -1 : 0));
    const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
    for (const [k, value] of symmetricEigen(matrix).values.entries()) expect(value).toBeCloseTo(expected[k], 12);
    const leading = leadingEigenpairs(matrix, 8);
    for (const [k, value] of leading.values.entries()) expect(value).toBeCloseTo(expected[k], 12);
    const { residual, orthogonality } = defects(matrix, leading);
    expect(residual).toBeLessThan(1e-12);
    expect(orthogonality).toBeLessThan(1e-12);
  });

  it('of an eigenvalue that occurs many times stay orthogonal', () => {
    const matrix = symmetric(60, (i, j) => (i === j ? 3 : 1));
    const leading = leadingEigenpairs(matrix, 12);
    expect(leading.values[0]).toBeCloseTo(62, 10);
    for (let k = 1; k < 12; k++) expect(leading.values[k]).toBeCloseTo(2, 10);
    const { residual, orthogonality } = defects(matrix, leading);
    expect(residual).toBeLessThan(1e-10);
    expect(orthogonality).toBeLessThan(1e-12);
  });

  it('are not looked for in a rectangle', () => {
    expect(() => symmetricEigen(denseMatrix(2, 3))).toThrow(/square, not 2 x 3/);
  });
});

describe('the largest eigenpairs of a large matrix', () => {
  // A = H D H with the reflection H = I - 2 u u^T: eigenvalues are the entries of D, eigenvectors the columns of H.
  const n = 820;
  const u = Float64Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1));
  const norm = Math.sqrt(u.reduce((sum, value) => sum + value * value, 0));
  u.forEach((value, i) => (u[i] = value / norm));
  const spectrum = Float64Array.from({ length: n }, (_, i) => 1000 / (1 + i) + 5 * Math.cos(i / n));
  const h = (i: number, j: number): number => (i === j ? 1 : 0) - 2 * u[i] * u[j];
  const uDu = spectrum.reduce((sum, value, i) => sum + value * u[i] * u[i], 0);
  const matrix = symmetric(n, (i, j) => (i === j ? spectrum[i] : 0) - 2 * u[i] * u[j] * (spectrum[i] + spectrum[j] - 2 * uDu));

  it('are found by Lanczos steps, in order and to rounding', () => {
    const { values, vectors } = leadingEigenpairs(matrix, 20);
    for (let k = 0; k < 20; k++) {
      expect(values[k]).toBeCloseTo(spectrum[k], 9);
      let inner = 0;
      for (let i = 0; i < n; i++) inner += vectors.values[k * n + i] * h(i, k);
      expect(Math.abs(inner)).toBeCloseTo(1, 10);
    }
  });

  it('are found all the same when one occurs many times', () => {
    const flat = symmetric(n, (i, j) => (i === j ? 3 : 1));
    const { values } = leadingEigenpairs(flat, 5);
    [n + 2, 2, 2, 2, 2].forEach((value, k) => expect(values[k]).toBeCloseTo(value, 8));
  });
});
