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

function joinedDirections(nodes: number, k: number, indices: Int32Array, weights: Float64Array): WeightedGraph {
  const rows = Array.from({ length: nodes }, () => new Map<number, number>());
  const join = (from: number, to: number, weight: number): void => {
    const other = rows[from].get(to);
    rows[from].set(to, other === undefined ? weight : other + weight - other * weight);
  };
  for (let at = 0; at < indices.length; at++) {
    const from = Math.floor(at / k);
    const to = indices[at];
    if (from === to || weights[at] === 0) continue;
    join(from, to, weights[at]);
    join(to, from, weights[at]);
  }
  const starts = new Int32Array(nodes + 1);
  rows.forEach((row, i) => (starts[i + 1] = starts[i] + row.size));
  const targets = new Int32Array(starts[nodes]);
  const joined = new Float64Array(starts[nodes]);
  rows.forEach((row, i) => {
    const sorted = targets.subarray(starts[i], starts[i + 1]);
    sorted.set([...row.keys()]);
    sorted.sort().forEach((to, at) => (joined[starts[i] + at] = row.get(to) ?? 0));
  });
  return { nodes, starts, targets, weights: joined };
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
