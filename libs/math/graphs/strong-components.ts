/** A directed graph by the targets of each node: those of node i are `targets[starts[i]] .. targets[starts[i + 1] - 1]`. */
export interface DirectedGraph {
  readonly starts: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
}

/** Which component each node is in. */
export interface Components {
  readonly count: number;
  /** Component of each node, 0 .. count - 1. */
  readonly of: Int32Array;
  /** Nodes of each component. */
  readonly sizes: Int32Array;
}

/**
 * The strongly connected components of a directed graph (every node reaches every other along the arrows); of a symmetric graph, its connected
 * components. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1:146-160, 1972, without recursion.
 *
 * Components are numbered by their first node, in the order of the nodes.
 */
export function strongComponents({ starts, targets }: DirectedGraph): Components {
  const n = starts.length - 1;
  const found = new Int32Array(n).fill(-1);
  const lowest = new Int32Array(n);
  const next = new Int32Array(n);
  const waiting = new Int32Array(n);
  const path = new Int32Array(n);
  const component = new Int32Array(n).fill(-1);
  let time = 0;
  let open = 0;
  let count = 0;
  for (let root = 0; root < n; root++) {
    if (found[root] >= 0) continue;
    let depth = 0;
    path[0] = root;
    while (depth >= 0) {
      const node = path[depth];
      if (found[node] < 0) {
        found[node] = lowest[node] = time++;
        next[node] = starts[node];
        waiting[open++] = node;
      }
      let descended = false;
      while (next[node] < starts[node + 1]) {
        const target = targets[next[node]];
        if (found[target] < 0) {
          path[++depth] = target;
          descended = true;
          break;
        }
        if (component[target] < 0) lowest[node] = Math.min(lowest[node], lowest[target]);
        next[node]++;
      }
      if (descended) continue;
      if (lowest[node] === found[node]) {
        let member: number;
        do {
          member = waiting[--open];
          component[member] = count;
        } while (member !== node);
        count++;
      }
      depth--;
    }
  }
  return renumbered(component, count);
}

function renumbered(component: Int32Array, count: number): Components {
  const names = new Int32Array(count).fill(-1);
  const sizes = new Int32Array(count);
  let used = 0;
  const of = component.map((old) => {
    if (names[old] < 0) names[old] = used++;
    sizes[names[old]]++;
    return names[old];
  });
  return { count, of, sizes };
}
