import { gatherRows, randomKey, type DenseMatrix } from '@cfgen/math';
import type { CellEffects } from '../intervals/draws';
import { maximumMeanDiscrepancy } from './maximum-mean-discrepancy';
import { subsample } from './subsample';
import { wassersteinDistances } from './wasserstein';

/** All distances between one set of real and one set of generated cells, with the numbers of cells they were computed on. */
export interface SetDistances {
  readonly mmd2: number;
  readonly mmd2Unbiased: number | null;
  readonly mmd2Linear: number | null;
  /** Cells of each side under the MMDs (equal by definition). */
  readonly mmdCells: number;
  readonly w1: number;
  readonly w2: number;
  /** Real and generated cells under W1 and W2. */
  readonly transportCells: readonly [number, number];
}

/** How many cells of a side enter, above which a seeded subsample is taken. */
export interface DistanceLimits {
  readonly batchSize: number;
  readonly transportCells: number;
  readonly seed: number;
}

/** Names of the distances that have an interval. */
export const resampledDistances = ['mmd2', 'mmd2Unbiased', 'w1', 'w2'] as const;
export type ResampledDistance = (typeof resampledDistances)[number];

/** Distances, and what each row adds to them. */
export interface DistancesAndEffects {
  readonly distances: SetDistances;
  readonly effects: Readonly<Record<ResampledDistance, CellEffects>>;
}

/** Distances between the rows of two matrices of coordinates, subsampled where a side is larger than its limit. */
export function setDistances(real: DenseMatrix, generated: DenseMatrix, limits: DistanceLimits): DistancesAndEffects {
  const batch = [limited(real.rows, limits.batchSize, limits.seed, 0), limited(generated.rows, limits.batchSize, limits.seed, 1)] as const;
  const [ofReal, ofGenerated] = [chosenRows(real, batch[0]), chosenRows(generated, batch[1])];
  const mmd = maximumMeanDiscrepancy(ofReal, ofGenerated);
  const transported = [
    limited(ofReal.rows, limits.transportCells, limits.seed, 2),
    limited(ofGenerated.rows, limits.transportCells, limits.seed, 3),
  ] as const;
  const [movedReal, movedGenerated] = [chosenRows(ofReal, transported[0]), chosenRows(ofGenerated, transported[1])];
  const { w1, w2, effects } = wassersteinDistances(movedReal, movedGenerated);
  const spread = (effect: Float64Array, rows: number, ...picks: (Uint32Array | undefined)[]): Float64Array => {
    const out = new Float64Array(rows);
    effect.forEach((value, at) => (out[picks.reduceRight((row, pick) => pick?.[row] ?? row, at)] = value));
    return out;
  };
  const both = (effect: { real: Float64Array; generated: Float64Array }, moved: boolean): CellEffects => ({
    real: spread(effect.real, real.rows, batch[0], moved ? transported[0] : undefined),
    set: spread(effect.generated, generated.rows, batch[1], moved ? transported[1] : undefined),
  });
  return {
    distances: {
      mmd2: mmd.biased,
      mmd2Unbiased: mmd.unbiased,
      mmd2Linear: mmd.linear,
      mmdCells: mmd.cells,
      w1,
      w2,
      transportCells: [movedReal.rows, movedGenerated.rows],
    },
    effects: {
      mmd2: both(mmd.effects, false),
      mmd2Unbiased: both(mmd.effects, false),
      w1: both(effects.w1, true),
      w2: both(effects.w2, true),
    },
  };
}

/** Rows of a seeded subsample; `undefined` for all of them. */
function limited(rows: number, limit: number, seed: number, row: number): Uint32Array | undefined {
  return rows <= limit ? undefined : subsample(rows, limit, randomKey(seed, 'evaluation/subsample'), row);
}

function chosenRows(matrix: DenseMatrix, rows: Uint32Array | undefined): DenseMatrix {
  return rows === undefined ? matrix : gatherRows(matrix, rows);
}
