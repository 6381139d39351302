import type { NearestNeighbours } from '@cfgen/math';

/** A symmetric sparse matrix by rows; columns ascend within a row. */
export interface WeightedGraph {
  readonly nodes: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float64Array;
}

const bisections = 64;
const tolerance = 1e-5;
/** A bandwidth is at least this share of the mean distance. */
const leastShare = 1e-3;

/**
 * The graph of UMAP: neighbours are connected with exp(-(d - rho) / sigma), rho the distance to the nearest, sigma such that the weights of a
 * cell sum to log2(k); both directions are joined as W + W^T - W o W^T. McInnes, Healy, Melville, UMAP, arXiv:1802.03426.
 *
 * @param neighbours each cell's nearest, the cell itself first
 */
export function fuzzyConnectivities(neighbours: NearestNeighbours): WeightedGraph {
  const { k, indices, distances } = neighbours;
  const nodes = indices.length / k;
  const overall = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  const weights = new Float64Array(distances.length);
  for (let i = 0; i < nodes; i++) {
    const row = distances.subarray(i * k, (i + 1) * k);
    const rho = row.find((distance) => distance > 0) ?? 0;
    const mean = rho > 0 ? row.reduce((sum, distance) => sum + distance, 0) / k : overall;
    const sigma = Math.max(bandwidth(row, rho), leastShare * mean);
    for (let j = 0; j < k; j++) {
      if (indices[i * k + j] === i) continue;
      weights[i * k + j] = row[j] <= rho || sigma === 0 ? 1 : Math.exp(-(row[j] - rho) / sigma);
    }
  }
  return joinedDirections(nodes, k, indices, weights);
}

function bandwidth(row: Float64Array, rho: number): number {
  const target = Math.log2(row.length);
  let low = 0;
  let high = Infinity;
  let sigma = 1;
  for (let step = 0; step < bisections; step++) {
    let sum = 0;
    for (let j = 1; j < row.length; j++) sum += row[j] > rho ? Math.exp(-(row[j] - rho) / sigma) : 1;
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) {
      high = sigma;
      sigma = (low + high) / 2;
    } else {
      low = sigma;
      sigma = high === Infinity ? sigma * 2 : (low + high) / 2;
    }
  }
  return sigma;
}

/** W + W^T - W o W^T, by merging each row of W with the same row of W^T. */
function joinedDirections(nodes: number, k: number, indices: Int32Array, weights: Float64Array): WeightedGraph {
  const outgoing = rowsOf(nodes, k, indices, weights, false);
  const incoming = rowsOf(nodes, k, indices, weights, true);
  const starts = new Int32Array(nodes + 1);
  const targets = new Int32Array(outgoing.targets.length + incoming.targets.length);
  const joined = new Float64Array(targets.length);
  let filled = 0;
  for (let i = 0; i < nodes; i++) {
    let a = outgoing.starts[i];
    let b = incoming.starts[i];
    while (a < outgoing.starts[i + 1] || b < incoming.starts[i + 1]) {
      const toA = a < outgoing.starts[i + 1] ? outgoing.targets[a] : nodes;
      const toB = b < incoming.starts[i + 1] ? incoming.targets[b] : nodes;
      const forth = toA <= toB ? outgoing.weights[a++] : 0;
      const back = toB <= toA ? incoming.weights[b++] : 0;
      targets[filled] = Math.min(toA, toB);
      joined[filled++] = forth + back - forth * back;
    }
    starts[i + 1] = filled;
  }
  return { nodes, starts, targets: targets.slice(0, filled), weights: joined.slice(0, filled) };
}

/** The weights as rows with ascending columns: of W, or of W^T. Sorting by counting twice keeps them in order. */
function rowsOf(nodes: number, k: number, indices: Int32Array, weights: Float64Array, transposed: boolean): WeightedGraph {
  const edges = Int32Array.from(weights.keys()).filter((edge) => weights[edge] > 0);
  const from = (edge: number): number => Math.floor(edge / k);
  const to = (edge: number): number => indices[edge];
  const row = transposed ? to : from;
  const column = transposed ? from : to;
  const sorted = sortedBy(sortedBy(edges, nodes, column), nodes, row);
  const starts = new Int32Array(nodes + 1);
  for (const edge of sorted) starts[row(edge) + 1]++;
  for (let i = 0; i < nodes; i++) starts[i + 1] += starts[i];
  return { nodes, starts, targets: sorted.map(column), weights: Float64Array.from(sorted, (edge) => weights[edge]) };
}

/** In ascending order of a key below `keys`; equal keys keep their order. */
function sortedBy(edges: Int32Array, keys: number, key: (edge: number) => number): Int32Array {
  const next = new Int32Array(keys + 1);
  for (const edge of edges) next[key(edge) + 1]++;
  for (let at = 0; at < keys; at++) next[at + 1] += next[at];
  const sorted = new Int32Array(edges.length);
  for (const edge of edges) sorted[next[key(edge)]++] = edge;
  return sorted;
}

/** The part of a graph among some of its nodes, which are numbered in the order given. */
export function subgraph({ nodes, starts, targets, weights }: WeightedGraph, members: Int32Array): WeightedGraph {
  const position = new Int32Array(nodes).fill(-1);
  members.forEach((node, at) => (position[node] = at));
  const newStarts = new Int32Array(members.length + 1);
  const newTargets: number[] = [];
  const newWeights: number[] = [];
  members.forEach((node, at) => {
    for (let edge = starts[node]; edge < starts[node + 1]; edge++) {
      if (position[targets[edge]] < 0) continue;
      newTargets.push(position[targets[edge]]);
      newWeights.push(weights[edge]);
    }
    newStarts[at + 1] = newTargets.length;
  });
  return { nodes: members.length, starts: newStarts, targets: Int32Array.from(newTargets), weights: Float64Array.from(newWeights) };
}
