import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { SpanningTree } from './spanning-tree';
import type { UniformTransport } from './uniform-transport';

/**
 * Exact transport between uniform weights of different sizes by the primal network simplex on the complete bipartite graph.
 *
 * Masses are whole numbers (m / gcd per row, n / gcd per column), so flows never drift. Pivots are priced block by block (about sqrt(n m)
 * pairs, best of the block), and the tree stays strongly feasible, so it cannot cycle. Cunningham, A network simplex method, Mathematical
 * Programming 11:105-116, 1976; Bonneel et al., Displacement interpolation using Lagrangian mass transport, SIGGRAPH Asia 2011.
 *
 * @param costs n x m, finite
 */
export function transportBySimplex(costs: DenseMatrix): UniformTransport {
  const { rows: n, columns: m, values: cost } = costs;
  let least = Infinity;
  let most = -Infinity;
  for (const value of cost) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const divisor = greatestCommonDivisor(n, m);
  // Two such arcs join any pair, so a detour over the root is never worth it.
  const detour = 1.001 * Math.max(Math.abs(most), Math.abs(least)) || 1;
  const tree = new SpanningTree(costs, m / divisor, n / divisor, detour);
  const tolerance = 1e-12 * Math.max(Math.abs(most), Math.abs(least));
  const pairs = n * m;
  const blockSize = Math.min(pairs, Math.max(64, Math.ceil(Math.sqrt(pairs))));
  const potentials = tree.potentials;
  let i = 0;
  let j = 0;
  let sinceLastPivot = 0;
  while (sinceLastPivot < pairs) {
    let best = -tolerance;
    let bestRow = -1;
    let bestColumn = -1;
    let rowPotential = potentials[i];
    let row = i * m;
    for (let seen = 0; seen < blockSize; seen++) {
      const reduced = cost[row + j] - rowPotential - potentials[n + j];
      if (reduced < best) {
        best = reduced;
        bestRow = i;
        bestColumn = j;
      }
      if (++j === m) {
        j = 0;
        i = i + 1 === n ? 0 : i + 1;
        row = i * m;
        rowPotential = potentials[i];
      }
    }
    sinceLastPivot += blockSize;
    if (bestRow < 0) continue;
    sinceLastPivot = 0;
    tree.pivot(bestRow, n + bestColumn, best);
  }
  tree.recomputePotentials();
  let total = 0;
  tree.forEachFlow((row, column, flow) => {
    total += flow * cost[row * m + column];
  });
  return {
    cost: (total / n / m) * divisor,
    rowPotentials: potentials.slice(0, n),
    columnPotentials: potentials.slice(n, n + m),
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
