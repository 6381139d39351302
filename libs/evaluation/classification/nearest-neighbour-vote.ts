import { nearestNeighbours, type DenseMatrix } from '@cfgen/math';

/**
 * Class of each query by majority vote of its `k` nearest reference rows (all of them when there are fewer); the class with the smaller number
 * wins a tie.
 */
export function nearestNeighbourVote(
  queries: DenseMatrix,
  reference: DenseMatrix,
  classOf: ArrayLike<number>,
  classes: number,
  k: number,
): Int32Array {
  const used = Math.min(k, reference.rows);
  const { indices } = nearestNeighbours(queries, reference, used);
  const votes = new Int32Array(classes);
  return Int32Array.from({ length: queries.rows }, (_, i) => {
    votes.fill(0);
    for (let at = i * used; at < (i + 1) * used; at++) votes[classOf[indices[at]]]++;
    return votes.indexOf(Math.max(...votes));
  });
}
