import { RandomStream, type RandomKey } from '@cfgen/math';

/**
 * `count` of the numbers 0 .. total - 1 without replacement, ascending; all of them when there are no more than that.
 * Every subset is equally likely (Floyd's algorithm).
 */
export function subsample(total: number, count: number, key: RandomKey, row = 0): Uint32Array {
  if (count >= total) return Uint32Array.from({ length: total }, (_, i) => i);
  const stream = new RandomStream(key, row);
  const chosen = new Set<number>();
  for (let i = total - count; i < total; i++) {
    const pick = stream.below(i + 1);
    chosen.add(chosen.has(pick) ? i : pick);
  }
  return Uint32Array.from(chosen).sort();
}
