import { gatherRows, randomKey, type DenseMatrix } from '@cfgen/math';
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy';
import { subsample } from './subsample';
import { wassersteinDistances } from './wasserstein';

/** All distances between one set of real and one set of generated cells, with the numbers of cells they were computed on. */
export interface SetDistances {
  readonly mmd2: number;
  readonly mmd2Unbiased: number | null;
  readonly mmd2Linear: number | null;
  /** Cells of each side under the MMDs (equal by definition). */
  readonly mmdCells: number;
  readonly w1: number;
  readonly w2: number;
  /** Real and generated cells under W1 and W2. */
  readonly transportCells: readonly [number, number];
}

/** How many cells of a side enter, above which a seeded subsample is taken. */
export interface DistanceLimits {
  readonly batchSize: number;
  readonly transportCells: number;
  readonly seed: number;
}

/** Distances between the rows of two matrices of coordinates, subsampled where a side is larger than its limit. */
export function setDistances(real: DenseMatrix, generated: DenseMatrix, limits: DistanceLimits): SetDistances {
  const batch = [limited(real, limits.batchSize, limits.seed, 0), limited(generated, limits.batchSize, limits.seed, 1)] as const;
  const mmd = maximumMeanDiscrepancy(batch[0], batch[1]);
  const transported = [
    limited(batch[0], limits.transportCells, limits.seed, 2),
    limited(batch[1], limits.transportCells, limits.seed, 3),
  ] as const;
  const { w1, w2 } = wassersteinDistances(transported[0], transported[1]);
  return {
    mmd2: mmd.biased,
    mmd2Unbiased: mmd.unbiased,
    mmd2Linear: mmd.linear,
    mmdCells: mmd.cells,
    w1,
    w2,
    transportCells: [transported[0].rows, transported[1].rows],
  };
}

function limited(matrix: DenseMatrix, limit: number, seed: number, row: number): DenseMatrix {
  if (matrix.rows <= limit) return matrix;
  return gatherRows(matrix, subsample(matrix.rows, limit, randomKey(seed, 'evaluation/subsample'), row));
}
