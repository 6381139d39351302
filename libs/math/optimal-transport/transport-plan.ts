import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { assignment } from './assignment';
import { transportBySimplex } from './network-simplex';

/**
 * An optimal transport between uniform weights with the dual variables that prove it: `rowPotentials[i] + columnPotentials[j] <= cost(i, j)`
 * for all pairs, and the mean of the row potentials plus the mean of the column potentials equals `cost` (strong duality), both up to
 * rounding.
 */
export interface UniformTransport {
  /** Sum of mass times cost; the total mass is 1. */
  readonly cost: number;
  readonly rowPotentials: Float64Array;
  readonly columnPotentials: Float64Array;
}

/**
 * Exact optimal transport from weights 1/n on the rows of `costs` (n x m) to weights 1/m on its columns.
 * Equal sizes are an assignment (Jonker-Volgenant), other sizes are solved by the network simplex.
 *
 * @throws RangeError when the matrix is empty or holds a value that is not finite
 */
export function uniformTransport(costs: DenseMatrix): UniformTransport {
  if (costs.rows === 0 || costs.columns === 0) throw new RangeError('Nothing to transport: the cost matrix is empty.');
  for (const value of costs.values) if (!Number.isFinite(value)) throw new RangeError(`A transport cost is ${value}.`);
  if (costs.rows !== costs.columns) return transportBySimplex(costs);
  const { cost, rowPotentials, columnPotentials } = assignment(costs);
  return { cost: cost / costs.rows, rowPotentials, columnPotentials };
}
