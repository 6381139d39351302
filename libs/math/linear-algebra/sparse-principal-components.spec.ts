import { describe, expect, it } from 'vitest';
import { RandomStream, randomKey } from '../random';
import { denseMatrix, type DenseMatrix } from './dense-matrix';
import { principalComponents, project } from './principal-components';
import { projectSparse, type SparseMatrix } from './sparse-matrix';
import { sparsePrincipalComponents } from './sparse-principal-components';

/** Sparse numbers with three directions that stand out, and the same matrix dense. */
function matrices(rows: number, columns: number, seed: number): { sparse: SparseMatrix; dense: DenseMatrix } {
  const random = new RandomStream(randomKey(seed, 'sparse matrix'), 0);
  const dense = denseMatrix(rows, columns);
  const indptr = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (random.uniform() > 0.15) continue;
      const value = 0.3 + random.uniform() + (i % 3 === j % 3 ? 1.5 + (j % 3) : 0);
      dense.values[i * columns + j] = value;
      indices.push(j);
      values.push(value);
    }
    indptr[i + 1] = indices.length;
  }
  return { sparse: { rows, columns, indptr, indices: Uint32Array.from(indices), values: Float64Array.from(values) }, dense };
}

const worst = (a: Float64Array, b: Float64Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('principal components of a sparse matrix', () => {
  it.each([
    [40, 90],
    [90, 40],
    [60, 60],
  ])('are those of the dense matrix, %d x %d', (rows, columns) => {
    const { sparse, dense } = matrices(rows, columns, rows);
    const found = sparsePrincipalComponents(sparse, 5);
    const wanted = principalComponents(dense, 5);
    expect(worst(found.means, wanted.means)).toBeLessThan(1e-12);
    expect(worst(found.variances, wanted.variances)).toBeLessThan(1e-9);
    expect(found.totalVariance).toBeCloseTo(wanted.totalVariance, 9);
    expect(worst(found.scores.values, wanted.scores.values)).toBeLessThan(1e-7);
    expect(worst(found.loadings.values, wanted.loadings.values)).toBeLessThan(1e-7);
  });

  it('come in the number that the matrix has', () => {
    const { sparse } = matrices(4, 30, 1);
    expect(sparsePrincipalComponents(sparse, 10).variances).toHaveLength(3);
    const empty = { rows: 3, columns: 2, indptr: new Uint32Array(4), indices: new Uint32Array(0), values: new Float64Array(0) };
    expect(sparsePrincipalComponents(empty, 2)).toMatchObject({ totalVariance: 0, scores: { rows: 3, columns: 0 } });
    expect(() => sparsePrincipalComponents({ ...empty, rows: 1, indptr: new Uint32Array(2) }, 2)).toThrow(/at least two rows, not 1/);
  });

  it('place other cells as the dense projection does', () => {
    const { sparse, dense } = matrices(30, 50, 7);
    const { loadings, means } = principalComponents(matrices(40, 50, 8).dense, 4);
    expect(worst(projectSparse(sparse, loadings, means).values, project(dense, loadings, means).values)).toBeLessThan(1e-10);
    expect(worst(projectSparse(sparse, loadings).values, project(dense, loadings).values)).toBeLessThan(1e-10);
    expect(() => projectSparse(matrices(3, 4, 9).sparse, loadings)).toThrow(/50 variables do not fit 4 columns/);
  });
});
