import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { innerProducts, squaredNorms } from '../nearest-neighbours/distance-tiles';
import { squaredDistance } from '../nearest-neighbours/nearest-neighbours';
import type { RandomSource } from '../random/random-source';
import { weightedSampler } from '../random/weighted-sampler';

export interface KMeans {
  /** Cluster of each row. */
  readonly clusters: Int32Array;
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
  readonly iterations: number;
}

/** Steps after which a run ends even if rows still change their cluster. */
const mostIterations = 300;
/** Rows given to their centres at a time. */
const blockRows = 128;

/**
 * Clusters rows around `k` centres: k-means++ with 2 + floor(ln k) candidates a step (Arthur & Vassilvitskii, SODA 2007), then Lloyd's steps
 * until no row changes its cluster, at most 300. A cluster that loses all its rows takes the row furthest from its centre.
 *
 * @throws RangeError when there are fewer rows than clusters
 */
export function kMeans(x: DenseMatrix, k: number, random: RandomSource): KMeans {
  if (!(k >= 1 && k <= x.rows)) throw new RangeError(`${x.rows} rows cannot make ${k} clusters.`);
  const centres: DenseMatrix = { rows: k, columns: x.columns, values: seededCentres(x, k, random) };
  const clusters = new Int32Array(x.rows).fill(-1);
  const distances = new Float64Array(x.rows);
  let iterations = 0;
  for (let moved = true; moved && iterations < mostIterations; iterations++) {
    moved = assign(x, centres, clusters, distances);
    if (moved) recentre(x, centres, clusters, distances);
  }
  return { clusters, inertia: distances.reduce((sum, value) => sum + value, 0), iterations };
}

function seededCentres(x: DenseMatrix, k: number, random: RandomSource): Float64Array {
  const d = x.columns;
  const centres = new Float64Array(k * d);
  const candidates = 2 + Math.floor(Math.log(k));
  const nearest = new Float64Array(x.rows).fill(1);
  for (let c = 0; c < k; c++) {
    const anyLeft = nearest.some((distance) => distance > 0);
    const sampler = weightedSampler(anyLeft ? nearest : nearest.map(() => 1));
    let best: { row: number; distances: Float64Array; total: number } | undefined;
    for (let trial = 0; trial < (c === 0 ? 1 : candidates); trial++) {
      const row = sampler.draw(random);
      const distances = nearest.map((distance, i) => {
        const fresh = squaredDistance(x, i, x, row);
        return c === 0 ? fresh : Math.min(distance, fresh);
      });
      const total = distances.reduce((sum, value) => sum + value, 0);
      if (best === undefined || total < best.total) best = { row, distances, total };
    }
    if (best === undefined) continue;
    nearest.set(best.distances);
    centres.set(x.values.subarray(best.row * d, (best.row + 1) * d), c * d);
  }
  return centres;
}

/** Gives every row to its nearest centre; whether any changed. */
function assign(x: DenseMatrix, centres: DenseMatrix, clusters: Int32Array, distances: Float64Array): boolean {
  const norms = squaredNorms(centres);
  const products = new Float64Array(blockRows * centres.rows);
  let moved = false;
  for (let from = 0; from < x.rows; from += blockRows) {
    const rows = { from, to: Math.min(from + blockRows, x.rows) };
    innerProducts(x, rows, centres, { from: 0, to: centres.rows }, products);
    for (let i = from; i < rows.to; i++) {
      const at = (i - from) * centres.rows;
      let nearest = 0;
      let least = Infinity;
      for (let c = 0; c < centres.rows; c++) {
        // Without the squared length of the row, which is the same for all centres.
        const far = norms[c] - 2 * products[at + c];
        if (far >= least) continue;
        least = far;
        nearest = c;
      }
      if (clusters[i] !== nearest) moved = true;
      clusters[i] = nearest;
      distances[i] = squaredDistance(x, i, centres, nearest);
    }
  }
  return moved;
}

function recentre(x: DenseMatrix, centres: DenseMatrix, clusters: Int32Array, distances: Float64Array): void {
  const d = x.columns;
  const sizes = new Int32Array(centres.rows);
  for (const cluster of clusters) sizes[cluster]++;
  for (let c = 0; c < sizes.length; c++) {
    if (sizes[c] > 0) continue;
    let furthest = -1;
    for (let i = 0; i < x.rows; i++) {
      if (sizes[clusters[i]] > 1 && (furthest < 0 || distances[i] > distances[furthest])) furthest = i;
    }
    if (furthest < 0) continue;
    sizes[clusters[furthest]]--;
    sizes[c] = 1;
    clusters[furthest] = c;
    distances[furthest] = 0;
  }
  centres.values.fill(0);
  for (let i = 0; i < x.rows; i++) {
    const start = clusters[i] * d;
    for (let k = 0; k < d; k++) centres.values[start + k] += x.values[i * d + k];
  }
  for (let c = 0; c < sizes.length; c++) for (let k = c * d; k < (c + 1) * d; k++) centres.values[k] /= Math.max(1, sizes[c]);
}
