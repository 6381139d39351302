import type { NearestNeighbours } from '@cfgen/math';
import type { Groups } from './groups';
import { median } from '../statistics/averages';

const entropyTolerance = 1e-5;
const mostTries = 50;

/**
 * Local inverse Simpson's index of every cell: how many categories its neighbours effectively come from. Neighbours weigh exp(-beta d), beta such
 * that their entropy is ln(perplexity), perplexity = floor(k / 3).
 * Korsunsky et al., Nature Methods 16:1289-1296, 2019, with plain distances as scib-metrics has them.
 *
 * @param neighbours each cell's nearest, the cell itself first
 * @returns -1 for a cell whose neighbours have no entropy
 */
export function lisi(neighbours: NearestNeighbours, groups: Groups): Float64Array {
  const { k, indices, distances } = neighbours;
  const cells = indices.length / k;
  const target = Math.log(Math.floor(k / 3));
  const weights = new Float64Array(k - 1);
  const shares = new Float64Array(groups.sizes.length);
  return Float64Array.from({ length: cells }, (_, i) => {
    const entropy = weighNeighbours(distances.subarray(i * k + 1, (i + 1) * k), target, weights);
    if (entropy === 0) return -1;
    shares.fill(0);
    for (let j = 1; j < k; j++) shares[groups.codes[indices[i * k + j]]] += weights[j - 1];
    return 1 / shares.reduce((sum, share) => sum + share * share, 0);
  });
}

/** Fills in weights that sum to 1 with the entropy asked for, as far as it can be reached; returns the entropy reached. */
function weighNeighbours(distances: Float64Array, target: number, weights: Float64Array): number {
  let beta = 1;
  let low = -Infinity;
  let high = Infinity;
  let entropy = weigh(distances, beta, weights);
  for (let tries = 0; tries < mostTries && !(Math.abs(entropy - target) < entropyTolerance); tries++) {
    if (entropy > target) {
      low = beta;
      beta = high === Infinity ? beta * 2 : (beta + high) / 2;
    } else {
      high = beta;
      beta = low === -Infinity ? beta / 2 : (beta + low) / 2;
    }
    entropy = weigh(distances, beta, weights);
  }
  return entropy;
}

function weigh(distances: Float64Array, beta: number, weights: Float64Array): number {
  let total = 0;
  let moment = 0;
  for (let j = 0; j < distances.length; j++) {
    weights[j] = Math.exp(-beta * distances[j]);
    total += weights[j];
    moment += distances[j] * weights[j];
  }
  if (total === 0) {
    weights.fill(0);
    return 0;
  }
  for (let j = 0; j < weights.length; j++) weights[j] /= total;
  return Math.log(total) + (beta * moment) / total;
}

/** Batches mix well when neighbours come from all of them: (median - 1) / (batches - 1). `null` for one batch. */
export function batchLisi(values: Float64Array, batches: number): number | null {
  return batches < 2 ? null : (median(values) - 1) / (batches - 1);
}

/** Labels stay apart when neighbours come from one of them: (labels - median) / (labels - 1). `null` for one label. */
export function labelLisi(values: Float64Array, labels: number): number | null {
  return labels < 2 ? null : (labels - median(values)) / (labels - 1);
}
