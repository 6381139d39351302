import { gatherRows, type DenseMatrix } from '../linear-algebra/dense-matrix';
import { randomKey } from '../random/random-key';
import { RandomStream } from '../random/random-stream';
import { nearestNeighbours, squaredDistance, type NearestNeighbours } from './nearest-neighbours';
import { buildSmallWorld, type SmallWorld } from './small-world';

export interface ApproximateNeighboursOptions {
  /** Decides the graph that is searched and the cells the recall is measured on. Default 0. */
  readonly seed?: number;
  /** The search is widened until it finds this share of the true neighbours, as long as that helps. Default 0.98. */
  readonly recall?: number;
  /** Rows on which the recall is measured against an exact search. Default 200. */
  readonly recallRows?: number;
}

export interface ApproximateNeighbours {
  /** Neighbours of each row among the others, nearest first; equal distances are ordered by index. */
  readonly neighbours: NearestNeighbours;
  /** Share of the true neighbours found, measured on `recallRows` rows drawn by the seed. */
  readonly recall: number;
  readonly recallRows: number;
}

/**
 * Approximate k nearest neighbours of every row among the others, by a hierarchical navigable small world graph (Malkov & Yashunin, IEEE TPAMI
 * 42:824-836, 2020): about O(n log n) in place of the O(n^2) of {@link nearestNeighbours}. Distances are exact; what may be missed is a neighbour.
 * How many are, is measured on a sample and returned.
 *
 * The same rows and seed give the same neighbours, always.
 *
 * @throws RangeError when there are fewer than k other rows
 */
export function approximateNeighbours(x: DenseMatrix, k: number, options: ApproximateNeighboursOptions = {}): ApproximateNeighbours {
  if (k < 1 || k > x.rows - 1) throw new RangeError(`k is ${k}, but a row has ${x.rows - 1} others to choose from.`);
  const { seed = 0, recall: wanted = 0.98 } = options;
  const world = buildSmallWorld(x, seed);
  const sample = sampledRows(x.rows, Math.min(options.recallRows ?? 200, x.rows), seed);
  const exact = exactOf(x, sample, k);
  let breadth = Math.max(64, Math.ceil(1.25 * k) + 8);
  let recall = recallOf(x, world, sample, exact, k, breadth);
  while (recall < wanted && breadth < x.rows && breadth < 16 * k + 512) {
    breadth *= 2;
    recall = recallOf(x, world, sample, exact, k, breadth);
  }
  const indices = new Int32Array(x.rows * k);
  const distances = new Float64Array(x.rows * k);
  for (let i = 0; i < x.rows; i++) {
    const found = nearestInWorld(x, world, i, k, breadth);
    found.forEach(({ row, distance }, at) => {
      indices[i * k + at] = row;
      distances[i * k + at] = Math.sqrt(distance);
    });
  }
  return { neighbours: { k, indices, distances }, recall, recallRows: sample.length };
}

interface Found {
  readonly row: number;
  /** Squared. */
  readonly distance: number;
}

/** The k nearest that the search comes across, measured in full precision. */
function nearestInWorld(x: DenseMatrix, world: SmallWorld, i: number, k: number, breadth: number): Found[] {
  let reached = world.around(i, breadth);
  // A part of the graph that is cut off from the rest: the row gets its neighbours by looking at all.
  if (reached.length < k) reached = Int32Array.from({ length: x.rows }, (_, j) => j).filter((j) => j !== i);
  const found = Array.from(reached, (row): Found => ({ row, distance: squaredDistance(x, i, x, row) }));
  found.sort((a, b) => a.distance - b.distance || a.row - b.row);
  return found.slice(0, k);
}

function sampledRows(rows: number, count: number, seed: number): Int32Array {
  const stream = new RandomStream(randomKey(seed, 'nearest-neighbours/recall'));
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(stream.below(rows));
  return Int32Array.from(drawn).sort();
}

/** Squared distance of the k-th true neighbour of each sampled row. */
function exactOf(x: DenseMatrix, sample: Int32Array, k: number): Float64Array {
  // One more, as the row itself is among the points.
  const { indices } = nearestNeighbours(gatherRows(x, sample), x, k + 1);
  return Float64Array.from(sample, (row, at) => {
    const others = indices.subarray(at * (k + 1), (at + 1) * (k + 1)).filter((other) => other !== row);
    return squaredDistance(x, row, x, others[k - 1]);
  });
}

function recallOf(x: DenseMatrix, world: SmallWorld, sample: Int32Array, exact: Float64Array, k: number, breadth: number): number {
  let hits = 0;
  sample.forEach((row, at) => {
    // By distance, so that one of two twins is as good as the other.
    for (const { distance } of nearestInWorld(x, world, row, k, breadth)) if (distance <= exact[at]) hits++;
  });
  return hits / (sample.length * k);
}
