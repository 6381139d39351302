import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { assignment } from './assignment';
import { transportBySimplex } from './network-simplex';
import type { UniformTransport } from './uniform-transport';

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
