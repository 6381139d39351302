import { intervalOfMean, type Interval } from '../intervals/interval';
import type { Protocol } from '../preprocessing/real-space';
import { figures, type Figure } from './figures';
import { isScored, type FloorScores, type NotScored, type SetScores } from './result';
import type { Replicates } from './real-reference';
import type { SummaryRow } from './summary-row';

/** The sets whose figures stand beside each other. */
export interface Summarised {
  readonly protocols: readonly Protocol[];
  /** One entry a generated set. */
  readonly scores: readonly SetScores[];
  /** Draws of each generated set, in the same order. */
  readonly replicates: readonly Replicates[];
  readonly floor: FloorScores | NotScored;
  readonly baseline: SetScores | NotScored;
}

/** The overall table: every figure with its replicates' mean, standard error and interval beside floor and baseline. */
export function summarise({ protocols, scores, replicates, floor, baseline }: Summarised): SummaryRow[] {
  return figures(protocols).map((figure) => {
    const { id, title, better, value } = figure;
    const values = scores.map(value);
    const found = values.filter((score) => score !== null);
    const { mean, sem } = meanAndError(found);
    const draws = replicates.flatMap((ofSet, at) => (values[at] === null ? [] : [ofSet.get(id) ?? new Float64Array()]));
    return {
      id,
      title,
      better,
      mean,
      sem,
      replicates: found.length,
      interval: mean === null ? null : intervalOf(figure, mean, sem, draws),
      floor: isScored(floor) ? value(floor) : null,
      floorInterval: isScored(floor) ? (floor.intervals[id] ?? null) : null,
      baseline: isScored(baseline) ? value(baseline) : null,
    };
  });
}

/** Real cells are drawn alike for every set, so the mean over sets on each draw has the spread of the mean. */
function intervalOf({ range }: Figure, mean: number, sem: number | null, draws: readonly Float64Array[]): Interval | null {
  const length = Math.min(...draws.map((ofSet) => ofSet.length));
  const means = Float64Array.from({ length }, (_, draw) => draws.reduce((sum, ofSet) => sum + ofSet[draw], 0) / draws.length);
  return intervalOfMean(mean, sem, draws.length, means, range);
}

/** Mean and standard error sd (ddof 1) / sqrt(n) of replicates. */
export function meanAndError(values: readonly number[]): { mean: number | null; sem: number | null } {
  const n = values.length;
  if (n === 0) return { mean: null, sem: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, sem: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, sem: Math.sqrt(variance / n) };
}
