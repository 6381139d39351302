import { denseMatrix, type DenseMatrix } from '../linear-algebra/dense-matrix';

/** Rows of the second matrix handled together, so that they stay in the cache while the first matrix passes by. */
const blockRows = 128;

/**
 * Squared Euclidean distances between all rows of `a` (n x D) and all rows of `b` (m x D): n x m, row-major.
 *
 * Summed from differences, not from ||x||^2 + ||y||^2 - 2 x.y: identical rows have distance exactly 0 and no result is negative.
 */
export function squaredDistances(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const out = denseMatrix(a.rows, b.rows);
  for (let start = 0; start < b.rows; start += blockRows) {
    const end = Math.min(start + blockRows, b.rows);
    for (let i = 0; i < a.rows; i++) squaredDistancesOfRow(a, i, b, start, end, out.values, i * b.rows + start);
  }
  return out;
}

/** Writes the squared distances of row `i` of `a` to rows `from .. to - 1` of `b` into `out`, starting at `at`. */
export function squaredDistancesOfRow(
  a: DenseMatrix,
  i: number,
  b: DenseMatrix,
  from: number,
  to: number,
  out: Float64Array,
  at: number,
): void {
  const d = a.columns;
  if (b.columns !== d) throw new RangeError(`Rows of ${d} and of ${b.columns} coordinates have no distance.`);
  const x = a.values;
  const y = b.values;
  const p = i * d;
  for (let j = from; j < to; j++) {
    const q = j * d;
    let sum = 0;
    for (let k = 0; k < d; k++) {
      const difference = x[p + k] - y[q + k];
      sum += difference * difference;
    }
    out[at + j - from] = sum;
  }
}
