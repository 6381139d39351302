import type { DenseMatrix } from './dense-matrix';

/** Eigenvalues and eigenvectors of a symmetric matrix, largest eigenvalue first. */
export interface EigenPairs {
  readonly values: Float64Array;
  /** Row k is the unit eigenvector of `values[k]`: `values.length` x size. */
  readonly vectors: DenseMatrix;
}
