import { regularisedBeta } from '@cfgen/math';

/** Lower and upper end of a 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** The share of samples whose interval is meant to hold the true value. */
export const confidenceLevel = 0.95;

const normalQuantile = 1.959963984540054;

/** Values a score can have; an interval never leaves them. */
export interface ScoreRange {
  readonly least?: number;
  readonly most?: number;
}

/**
 * The interval of a score from its values on resampled cells: the score plus or minus 1.96 standard deviations of those values, cut at the score's
 * range. Only their spread is used: where resampling shifts a score (noise lowers every correlation), that shift is no part of the uncertainty.
 *
 * @returns `null` when there are fewer than two values
 */
export function intervalAround(value: number | null, replicates: Float64Array, range: ScoreRange = {}): Interval | null {
  const half = halfWidth(replicates);
  return value === null || half === null ? null : intervalOf(value, half, range);
}

/**
 * The interval of a mean over several generated sets: the wider one of resampling the cells, and of the spread between the sets (Student's t).
 *
 * @param replicates the mean over the sets on each draw
 */
export function intervalOfMean(
  mean: number | null,
  sem: number | null,
  sets: number,
  replicates: Float64Array,
  range: ScoreRange = {},
): Interval | null {
  const resampled = halfWidth(replicates);
  // Without draws no interval is wanted; the standard error of the sets stands beside the score anyway.
  if (mean === null || resampled === null) return null;
  const between = sem === null || sets < 2 ? 0 : studentQuantile(sets - 1) * sem;
  return intervalOf(mean, Math.max(resampled, between), range);
}

/** Draws on which the score does not exist are left out; `null` when that leaves fewer than half. */
function halfWidth(replicates: Float64Array): number | null {
  const found = replicates.filter((value) => Number.isFinite(value));
  return found.length < 2 || 2 * found.length < replicates.length ? null : normalQuantile * deviation(found);
}

function intervalOf(value: number, half: number, { least = -Infinity, most = Infinity }: ScoreRange): Interval {
  // Rounding must not leave the score outside of its own interval.
  return [Math.min(value, Math.max(least, value - half)), Math.max(value, Math.min(most, value + half))];
}

/** Standard deviation, ddof 1. */
export function deviation(values: ArrayLike<number>): number {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (values[i] - mean) ** 2;
  return Math.sqrt(sum / (n - 1));
}

/** The value that 2.5 % of a t distribution lie above, by bisection on P(|T| > t) = I_x(df/2, 1/2), x = df/(df + t^2). */
export function studentQuantile(degrees: number): number {
  let low = 0;
  let high = 20;
  for (let step = 0; step < 60; step++) {
    const t = (low + high) / 2;
    const outside = regularisedBeta(degrees / 2, 0.5, degrees / (degrees + t * t));
    if (outside > 1 - confidenceLevel) low = t;
    else high = t;
  }
  return (low + high) / 2;
}
