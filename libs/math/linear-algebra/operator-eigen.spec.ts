import { describe, expect, it } from 'vitest';
import { denseMatrix, type DenseMatrix } from './dense-matrix';
import { leadingEigenpairsOf, type SymmetricOperator } from './operator-eigen';
import { symmetricEigen } from './symmetric-eigen';

function operatorOf(matrix: DenseMatrix): SymmetricOperator {
  const n = matrix.rows;
  return {
    size: n,
    multiply(x, out) {
      for (let i = 0; i < n; i++) {
        out[i] = 0;
        for (let j = 0; j < n; j++) out[i] += matrix.values[i * n + j] * x[j];
      }
    },
  };
}

function symmetric(n: number, entry: (i: number, j: number) => number): DenseMatrix {
  const matrix = denseMatrix(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix.values[i * n + j] = matrix.values[j * n + i] = entry(i, j);
  return matrix;
}

describe('leading eigenpairs of an operator', () => {
  const n = 120;
  const matrix = symmetric(n, (i, j) => Math.sin(3 * i + 7 * j) + (i === j ? i - n / 2 : 0));
  const all = symmetricEigen(matrix);

  it('are the largest, as a full decomposition finds them', () => {
    const { values, vectors } = leadingEigenpairsOf(operatorOf(matrix), 12);
    for (let k = 0; k < 12; k++) {
      expect(values[k]).toBeCloseTo(all.values[k], 9);
      let inner = 0;
      for (let i = 0; i < n; i++) inner += vectors.values[k * n + i] * all.vectors.values[k * n + i];
      expect(Math.abs(inner)).toBeCloseTo(1, 9);
    }
  });

  it('are those furthest from 0 on request', () => {
    const { values } = leadingEigenpairsOf(operatorOf(matrix), 12, { by: 'magnitude' });
    const expected = Array.from(all.values).sort((a, b) => Math.abs(b) - Math.abs(a));
    values.forEach((value, k) => expect(value).toBeCloseTo(expected[k], 9));
    expect(Math.min(...values)).toBeLessThan(0);
  });

  it('of several blocks come from all of them', () => {
    const blocks = symmetric(40, (i, j) => (Math.floor(i / 10) === Math.floor(j / 10) ? 1 : 0));
    const { values } = leadingEigenpairsOf(operatorOf(blocks), 5);
    [10, 10, 10, 10, 0].forEach((value, k) => expect(values[k]).toBeCloseTo(value, 9));
  });

  it('are all of them when asked for all', () => {
    const { values } = leadingEigenpairsOf(operatorOf(matrix), n);
    values.forEach((value, k) => expect(value).toBeCloseTo(all.values[k], 8));
  });

  it('of a matrix that is not finite are refused', () => {
    expect(() => leadingEigenpairsOf(operatorOf(symmetric(8, () => NaN)), 2)).toThrow(/not finite/);
  });
});
