import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription } from '@cfgen/model';

/** How well cells came home under their own conditions: what of the result is due to the solver alone. */
export interface RoundTripCertificate {
  /** Relative distances |z' - z|/|z| on standardised latents. */
  readonly quantiles: { readonly q50: number; readonly q90: number; readonly q95: number; readonly q99: number; readonly max: number };
  /** Errors above it are too large, and how it was chosen. */
  readonly bound: number;
  readonly boundFrom: string;
  readonly cellsBeyond: number;
  readonly shareBeyond: number;
}

/** Cells whose nearest neighbour is looked for, and cells it is looked for among. */
const [askedCells, knownCells] = [500, 20_000] as const;

/**
 * @param encoded latents [N, D] of the cells as they were, row-major
 * @param given bound that was asked for; otherwise half of the median distance to the nearest other cell, so that a cell within it comes home
 * nearer to itself than to any other
 */
export function roundTripCertificate(
  errors: Float64Array,
  encoded: Float32Array,
  scale: ModelDescription['latentScale'],
  given: number | undefined,
): RoundTripCertificate {
  if (given !== undefined && !(given > 0)) {
    throw new CfgenError('REQUEST_INVALID', `a bound of ${given} on the round trip is not possible`, { hint: 'Give a number above 0.' });
  }
  const sorted = errors.slice().sort();
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  const bound = given ?? 0.5 * medianNearest(encoded, scale);
  const cellsBeyond = errors.reduce((count, error) => count + (error > bound ? 1 : 0), 0);
  return {
    quantiles: { q50: at(0.5), q90: at(0.9), q95: at(0.95), q99: at(0.99), max: sorted[sorted.length - 1] ?? 0 },
    bound,
    boundFrom: given === undefined ? 'half of the median relative distance of a cell to its nearest neighbour' : 'as asked for',
    cellsBeyond,
    shareBeyond: errors.length === 0 ? 0 : cellsBeyond / errors.length,
  };
}

/** Median over cells of the distance to the nearest other cell, relative to |z|; evenly spaced cells of large sets. */
function medianNearest(encoded: Float32Array, { mean, deviation }: ModelDescription['latentScale']): number {
  const d = mean.length;
  const n = encoded.length / d;
  const known = spaced(n, knownCells);
  const latents = Float64Array.from({ length: known.length * d }, (_, i) => {
    const k = i % d;
    return ((encoded[(known[Math.floor(i / d)] ?? 0) * d + k] ?? 0) - (mean[k] ?? 0)) / (deviation[k] ?? 1);
  });
  const distances = spaced(known.length, askedCells).flatMap((cell) => {
    let nearest = Infinity;
    for (let other = 0; other < known.length; other++) {
      if (other === cell) continue;
      let sum = 0;
      for (let k = 0; k < d && sum < nearest; k++) sum += ((latents[cell * d + k] ?? 0) - (latents[other * d + k] ?? 0)) ** 2;
      if (sum < nearest) nearest = sum;
    }
    let norm = 0;
    for (let k = 0; k < d; k++) norm += (latents[cell * d + k] ?? 0) ** 2;
    return norm > 0 && nearest < Infinity ? [Math.sqrt(nearest / norm)] : [];
  });
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 1;
}

function spaced(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}
