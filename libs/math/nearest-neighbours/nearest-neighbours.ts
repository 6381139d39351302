import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { innerProducts, squaredNorms, type RowRange } from './distance-tiles';

/** For each query its k nearest points, nearest first; equal distances are ordered by index. */
export interface NearestNeighbours {
  readonly k: number;
  /** queries x k, row-major: index of the neighbour among the points. */
  readonly indices: Int32Array;
  /** queries x k: Euclidean distance. */
  readonly distances: Float64Array;
}

export interface NearestNeighboursOptions {
  /** Queries and points are the same rows and a point is not its own neighbour. Default false. */
  readonly excludeSelf?: boolean;
}

/** Queries and points handled together: their coordinates and products stay in the cache. */
const blockRows = 128;

/**
 * Exact k nearest neighbours by comparing every query with every point: O(queries x points x D).
 *
 * Pairs are sifted by ||x||^2 + ||y||^2 - 2 x.y, which is quick; what may be near enough is measured again from differences, so that
 * identical rows have distance exactly 0 and no neighbour is missed to rounding. Among the rows of one matrix each pair is sifted once.
 *
 * @throws RangeError when there are fewer than k points to choose from
 */
export function nearestNeighbours(
  queries: DenseMatrix,
  points: DenseMatrix,
  k: number,
  options: NearestNeighboursOptions = {},
): NearestNeighbours {
  const excludeSelf = options.excludeSelf ?? false;
  const available = points.rows - (excludeSelf ? 1 : 0);
  if (k < 1 || k > available) throw new RangeError(`k is ${k}, but a query has ${available} points to choose from.`);
  const indices = new Int32Array(queries.rows * k);
  const distances = new Float64Array(queries.rows * k).fill(Infinity);
  const same = queries === points;
  const queryNorms = squaredNorms(queries);
  const pointNorms = same ? queryNorms : squaredNorms(points);
  const largest = pointNorms.reduce((most, norm) => Math.max(most, norm), 0);
  const products = new Float64Array(blockRows * blockRows);
  const rounding = 4 * (queries.columns + 4) * Number.EPSILON;
  /** Offers the points of a block to a query; the product with point j lies at `at + j * stride`. */
  const offer = (i: number, block: RowRange, at: number, stride: number): void => {
    const nearest = distances.subarray(i * k, (i + 1) * k);
    const which = indices.subarray(i * k, (i + 1) * k);
    const slack = rounding * (queryNorms[i] + largest) - queryNorms[i];
    let limit = nearest[k - 1] + slack;
    for (let j = block.from; j < block.to; j++) {
      if (pointNorms[j] - 2 * products[at + j * stride] > limit || (excludeSelf && j === i)) continue;
      insert(nearest, which, squaredDistance(queries, i, points, j), j);
      limit = nearest[k - 1] + slack;
    }
  };
  for (let first = 0; first < queries.rows; first += blockRows) {
    const rows = { from: first, to: Math.min(first + blockRows, queries.rows) };
    // Every query meets the points in the order of their indices, which keeps equal distances in it: those before its own block came in
    // earlier rounds, as columns.
    for (let from = same ? first : 0; from < points.rows; from += blockRows) {
      const block = { from, to: Math.min(from + blockRows, points.rows) };
      const width = block.to - from;
      innerProducts(queries, rows, points, block, products);
      for (let i = first; i < rows.to; i++) offer(i, block, (i - first) * width - from, 1);
      if (!same || from === first) continue;
      for (let j = from; j < block.to; j++) offer(j, rows, j - from - first * width, width);
    }
  }
  for (let at = 0; at < distances.length; at++) distances[at] = Math.sqrt(distances[at]);
  return { k, indices, distances };
}

/** Puts a point among the nearest so far, behind those at the same distance. */
function insert(nearest: Float64Array, which: Int32Array, distance: number, point: number): void {
  let at = nearest.length - 1;
  // Written so that distances that are no number take no place.
  if (!(distance < nearest[at])) return;
  while (at > 0 && nearest[at - 1] > distance) {
    nearest[at] = nearest[at - 1];
    which[at] = which[at - 1];
    at--;
  }
  nearest[at] = distance;
  which[at] = point;
}

/** Squared Euclidean distance of row `i` of `a` to row `j` of `b`, summed from differences. */
export function squaredDistance(a: DenseMatrix, i: number, b: DenseMatrix, j: number): number {
  const d = a.columns;
  const p = i * d;
  const q = j * d;
  let sum = 0;
  for (let k = 0; k < d; k++) {
    const difference = a.values[p + k] - b.values[q + k];
    sum += difference * difference;
  }
  return sum;
}
