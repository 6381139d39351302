import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { squaredDistancesOfRow } from './squared-distances';

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

/**
 * Exact k nearest neighbours by comparing every query with every point: O(queries x points x D).
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
  const distances = new Float64Array(queries.rows * k);
  const row = new Float64Array(points.rows);
  const nearest = new Float64Array(k);
  const which = new Int32Array(k);
  for (let i = 0; i < queries.rows; i++) {
    squaredDistancesOfRow(queries, i, points, 0, points.rows, row, 0);
    let filled = 0;
    for (let j = 0; j < points.rows; j++) {
      const distance = row[j];
      if (filled === k && distance >= nearest[k - 1]) continue;
      if (excludeSelf && j === i) continue;
      let at = filled < k ? filled++ : k - 1;
      while (at > 0 && nearest[at - 1] > distance) {
        nearest[at] = nearest[at - 1];
        which[at] = which[at - 1];
        at--;
      }
      nearest[at] = distance;
      which[at] = j;
    }
    for (let c = 0; c < k; c++) {
      indices[i * k + c] = which[c];
      distances[i * k + c] = Math.sqrt(nearest[c]);
    }
  }
  return { k, indices, distances };
}
