import type { DenseMatrix } from '../linear-algebra/dense-matrix';

/**
 * The basis of a transport network simplex: a rooted spanning tree over n supply nodes (0 .. n - 1), m demand nodes (n .. n + m - 1) and an
 * artificial root (n + m) that starts out connected to all.
 *
 * Every arc leads from supply to demand, or over the root, so its direction follows from the child's kind: a supply node sends to its parent, a
 * demand node receives from it. Flows are whole numbers. Potentials satisfy `potential(i) + potential(j) = cost(i, j)` on tree arcs.
 */
export class SpanningTree {
  readonly potentials: Float64Array;
  private readonly n: number;
  private readonly m: number;
  private readonly root: number;
  private readonly parent: Int32Array;
  private readonly depth: Int32Array;
  /** Flow on the arc between a node and its parent. */
  private readonly flow: Float64Array;
  private readonly firstChild: Int32Array;
  private readonly nextSibling: Int32Array;
  private readonly previousSibling: Int32Array;

  /**
   * @param supply mass of each of the n rows
   * @param demand mass of each of the m columns; n * supply = m * demand
   * @param detour price of an arc to or from the root
   */
  constructor(
    private readonly costs: DenseMatrix,
    supply: number,
    demand: number,
    private readonly detour: number,
  ) {
    this.n = costs.rows;
    this.m = costs.columns;
    const nodes = this.n + this.m;
    this.root = nodes;
    this.parent = new Int32Array(nodes + 1).fill(nodes);
    this.parent[nodes] = -1;
    this.depth = new Int32Array(nodes + 1).fill(1);
    this.depth[nodes] = 0;
    this.flow = new Float64Array(nodes + 1).fill(supply, 0, this.n).fill(demand, this.n, nodes);
    this.potentials = new Float64Array(nodes + 1).fill(detour, 0, nodes);
    this.firstChild = new Int32Array(nodes + 1).fill(-1);
    this.nextSibling = new Int32Array(nodes + 1).fill(-1);
    this.previousSibling = new Int32Array(nodes + 1).fill(-1);
    for (let node = nodes - 1; node >= 0; node--) this.attach(node, nodes);
  }

  /** Brings the pair (supply node, demand node) with the given negative reduced cost into the tree. */
  pivot(source: number, target: number, reduced: number): void {
    const join = this.nearestCommonAncestor(source, target);
    let amount = Infinity;
    let leaving = -1;
    let onSourceSide = true;
    // Ties: the last blocking arc met on the cycle, going from the join with the entering arc. This keeps the tree strongly feasible.
    for (let node = source; node !== join; node = this.parent[node]) {
      if (node < this.n && this.flow[node] < amount) {
        amount = this.flow[node];
        leaving = node;
      }
    }
    for (let node = target; node !== join; node = this.parent[node]) {
      if (node >= this.n && this.flow[node] <= amount) {
        amount = this.flow[node];
        leaving = node;
        onSourceSide = false;
      }
    }
    if (amount > 0) {
      for (let node = source; node !== join; node = this.parent[node]) this.flow[node] += node < this.n ? -amount : amount;
      for (let node = target; node !== join; node = this.parent[node]) this.flow[node] += node < this.n ? amount : -amount;
    }
    const inner = onSourceSide ? source : target;
    this.rehang(inner, leaving, onSourceSide ? target : source, amount);
    this.shift(inner, reduced);
  }

  /** Potentials from the tree alone, root 0: removes the rounding that many pivots gathered. */
  recomputePotentials(): void {
    this.potentials[this.root] = 0;
    this.walk(this.root, (node) => {
      const above = this.parent[node];
      if (above >= 0) this.potentials[node] = this.arcCost(node, above) - this.potentials[above];
    });
  }

  forEachFlow(visit: (row: number, column: number, flow: number) => void): void {
    for (let node = 0; node < this.root; node++) {
      const above = this.parent[node];
      if (above === this.root || this.flow[node] === 0) continue;
      visit(Math.min(node, above), Math.max(node, above) - this.n, this.flow[node]);
    }
  }

  private arcCost(a: number, b: number): number {
    if (a === this.root || b === this.root) return this.detour;
    return this.costs.values[Math.min(a, b) * this.m + Math.max(a, b) - this.n];
  }

  private nearestCommonAncestor(a: number, b: number): number {
    const { parent, depth } = this;
    while (a !== b) {
      if (depth[a] >= depth[b]) a = parent[a];
      else b = parent[b];
    }
    return a;
  }

  /** Turns the path from `node` up to `leaving` upside down and hangs it under `newParent` by an arc that carries `amount`. */
  private rehang(node: number, leaving: number, newParent: number, amount: number): void {
    let current = node;
    let above = newParent;
    let flowAbove = amount;
    for (;;) {
      const oldParent = this.parent[current];
      const oldFlow = this.flow[current];
      this.detach(current);
      this.parent[current] = above;
      this.flow[current] = flowAbove;
      this.attach(current, above);
      if (current === leaving) return;
      above = current;
      flowAbove = oldFlow;
      current = oldParent;
    }
  }

  /** After a rehang: depths of the moved subtree, and potentials that make the new arc's reduced cost 0. */
  private shift(top: number, reduced: number): void {
    const { n, parent, depth, potentials } = this;
    // The potentials of the two kinds of node move in opposite directions, so that tree arcs keep their reduced cost 0.
    const forSupply = top < n ? reduced : -reduced;
    this.walk(top, (node) => {
      depth[node] = depth[parent[node]] + 1;
      potentials[node] += node < n ? forSupply : -forSupply;
    });
  }

  /** Visits the subtree of `top`, parents before children. */
  private walk(top: number, visit: (node: number) => void): void {
    const { firstChild, nextSibling, parent } = this;
    let node = top;
    for (;;) {
      visit(node);
      if (firstChild[node] >= 0) {
        node = firstChild[node];
        continue;
      }
      while (node !== top && nextSibling[node] < 0) node = parent[node];
      if (node === top) return;
      node = nextSibling[node];
    }
  }

  private attach(node: number, parent: number): void {
    const first = this.firstChild[parent];
    this.nextSibling[node] = first;
    this.previousSibling[node] = -1;
    if (first >= 0) this.previousSibling[first] = node;
    this.firstChild[parent] = node;
  }

  private detach(node: number): void {
    const before = this.previousSibling[node];
    const after = this.nextSibling[node];
    if (before >= 0) this.nextSibling[before] = after;
    else this.firstChild[this.parent[node]] = after;
    if (after >= 0) this.previousSibling[after] = before;
  }
}
