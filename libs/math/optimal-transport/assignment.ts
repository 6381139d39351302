import type { DenseMatrix } from '../linear-algebra/dense-matrix';

/** A cheapest perfect matching of rows to columns, with the dual variables that prove it. */
export interface Assignment {
  /** Sum of the n chosen costs. */
  readonly cost: number;
  /** Column of each row. */
  readonly columnOfRow: Int32Array;
  /** `rowPotentials[i] + columnPotentials[j] <= cost(i, j)`, with equality on the chosen pairs. */
  readonly rowPotentials: Float64Array;
  readonly columnPotentials: Float64Array;
}

/**
 * The linear assignment problem on a square cost matrix: shortest augmenting paths after a cheap start. O(n^3), usually far less.
 * Jonker & Volgenant, A shortest augmenting path algorithm for dense and sparse linear assignment problems, Computing 38:325-340, 1987.
 *
 * @throws RangeError when the matrix is not square
 */
export function assignment(costs: DenseMatrix): Assignment {
  const n = costs.rows;
  if (costs.columns !== n) throw new RangeError(`An assignment needs a square cost matrix, not ${n} x ${costs.columns}.`);
  const state: State = {
    n,
    cost: costs.values,
    columnOfRow: new Int32Array(n).fill(-1),
    rowOfColumn: new Int32Array(n).fill(-1),
    potentials: new Float64Array(n),
  };
  reduceColumns(state);
  let free = Array.from(state.columnOfRow.keys()).filter((i) => state.columnOfRow[i] < 0);
  for (let round = 0; round < 2 && free.length > 0; round++) free = reduceAugmentingRows(state, free);
  augment(state, free);
  const rowPotentials = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const j = state.columnOfRow[i];
    const chosen = costs.values[i * n + j];
    rowPotentials[i] = chosen - state.potentials[j];
    total += chosen;
  }
  return { cost: total, columnOfRow: state.columnOfRow, rowPotentials, columnPotentials: state.potentials };
}

interface State {
  readonly n: number;
  readonly cost: Float64Array;
  readonly columnOfRow: Int32Array;
  readonly rowOfColumn: Int32Array;
  /** Dual variable of each column. */
  readonly potentials: Float64Array;
}

/** Column potentials = column minima; a row that is the minimum of some columns takes one; potentials of those rows are moved to the column. */
function reduceColumns({ n, cost, columnOfRow, rowOfColumn, potentials }: State): void {
  const minimumRow = new Int32Array(n);
  potentials.fill(Infinity);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < n; j++) {
      if (cost[row + j] < potentials[j]) {
        potentials[j] = cost[row + j];
        minimumRow[j] = i;
      }
    }
  }
  const claims = new Int32Array(n);
  for (let j = n - 1; j >= 0; j--) {
    const i = minimumRow[j];
    claims[i]++;
    if (columnOfRow[i] < 0) {
      columnOfRow[i] = j;
      rowOfColumn[j] = i;
    }
  }
  for (let i = 0; i < n; i++) {
    if (claims[i] !== 1) continue;
    const own = columnOfRow[i];
    let slack = Infinity;
    for (let j = 0; j < n; j++) if (j !== own) slack = Math.min(slack, cost[i * n + j] - potentials[j]);
    if (slack < Infinity) potentials[own] -= slack;
  }
}

/** Gives each free row its best column, lowering that column's potential to the row's second choice; a row pushed out tries again. */
function reduceAugmentingRows({ n, cost, columnOfRow, rowOfColumn, potentials }: State, free: number[]): number[] {
  const stillFree: number[] = [];
  const queue = free.slice();
  let at = 0;
  // Rounding can make two rows underbid each other for ever; past this many bids the rest is left to the exact last phase.
  let bids = 20 * n;
  while (at < queue.length) {
    const i = queue[at++];
    const row = i * n;
    let best = Infinity;
    let second = Infinity;
    let bestColumn = -1;
    let secondColumn = -1;
    for (let j = 0; j < n; j++) {
      const reduced = cost[row + j] - potentials[j];
      if (reduced >= second) continue;
      if (reduced < best) {
        second = best;
        secondColumn = bestColumn;
        best = reduced;
        bestColumn = j;
      } else {
        second = reduced;
        secondColumn = j;
      }
    }
    const lowered = second < Infinity ? potentials[bestColumn] - (second - best) : potentials[bestColumn];
    const strictly = lowered < potentials[bestColumn];
    let column = bestColumn;
    if (strictly) potentials[bestColumn] = lowered;
    else if (rowOfColumn[bestColumn] >= 0 && secondColumn >= 0) column = secondColumn;
    const pushedOut = rowOfColumn[column];
    columnOfRow[i] = column;
    rowOfColumn[column] = i;
    if (pushedOut < 0) continue;
    columnOfRow[pushedOut] = -1;
    if (strictly && bids-- > 0) queue[--at] = pushedOut;
    else stillFree.push(pushedOut);
  }
  return stillFree;
}

/** For each free row the shortest path, in reduced costs, to a free column (Dijkstra), then the matching is flipped along it. */
function augment({ n, cost, columnOfRow, rowOfColumn, potentials }: State, free: readonly number[]): void {
  const distance = new Float64Array(n);
  const previousRow = new Int32Array(n);
  // Columns in three parts: 0 .. ready - 1 settled, ready .. frontier - 1 at the current minimum, the rest open.
  const columns = new Int32Array(n);
  for (const start of free) {
    for (let j = 0; j < n; j++) {
      distance[j] = cost[start * n + j] - potentials[j];
      previousRow[j] = start;
      columns[j] = j;
    }
    let scanned = 0;
    let frontier = 0;
    let settled = 0;
    let minimum = 0;
    let end = -1;
    while (end < 0) {
      if (scanned === frontier) {
        settled = scanned;
        minimum = distance[columns[frontier]];
        for (let k = frontier; k < n; k++) {
          const j = columns[k];
          if (distance[j] > minimum) continue;
          if (distance[j] < minimum) {
            minimum = distance[j];
            frontier = scanned;
          }
          columns[k] = columns[frontier];
          columns[frontier++] = j;
        }
        for (let k = scanned; k < frontier && end < 0; k++) if (rowOfColumn[columns[k]] < 0) end = columns[k];
        if (end >= 0) break;
      }
      const reached = columns[scanned++];
      const i = rowOfColumn[reached];
      const row = i * n;
      const offset = cost[row + reached] - potentials[reached] - minimum;
      for (let k = frontier; k < n; k++) {
        const j = columns[k];
        const through = cost[row + j] - potentials[j] - offset;
        if (through >= distance[j]) continue;
        distance[j] = through;
        previousRow[j] = i;
        if (through > minimum) continue;
        if (rowOfColumn[j] < 0) {
          end = j;
          break;
        }
        columns[k] = columns[frontier];
        columns[frontier++] = j;
      }
    }
    for (let k = 0; k < settled; k++) potentials[columns[k]] += distance[columns[k]] - minimum;
    for (let column = end; ;) {
      const i = previousRow[column];
      rowOfColumn[column] = i;
      const next = columnOfRow[i];
      columnOfRow[i] = column;
      if (i === start) break;
      column = next;
    }
  }
}
