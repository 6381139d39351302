/** Shortest and longest pause between attempts, in milliseconds. */
export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Pause before the next attempt: doubles with every failure up to the longest, and is drawn from its upper half, so that what failed
 * together does not come back together.
 *
 * @param failures at least 1
 * @param random in [0, 1)
 */
export function pauseAfter(failures: number, { firstMs, mostMs }: BackOff, random: number): number {
  const longest = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest * (0.5 + 0.5 * random));
}
