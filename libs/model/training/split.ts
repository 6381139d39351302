import { RandomStream, randomKey, shuffle } from '@cfgen/math';
import type { Attribute } from './cells';

/**
 * Splits N cells into those that are fitted and those that choose the best epoch, within each category when there is a label:
 * of a category's n cells, round(fraction n) are held out, and never all of them. Both lists ascend.
 */
export function validationSplit(
  cells: number,
  fraction: number,
  label: Attribute | undefined,
  seed: number,
): { fitted: Uint32Array; validation: Uint32Array } {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < cells; i++) {
    const code = label?.codes[i] ?? 0;
    const group = groups.get(code);
    if (group === undefined) groups.set(code, [i]);
    else group.push(i);
  }
  const held = new Uint8Array(cells);
  const key = randomKey(seed, 'training/validation-split');
  for (const [code, members] of groups) {
    shuffle(members, new RandomStream(key, code));
    const count = Math.min(Math.round(fraction * members.length), members.length - 1);
    for (const cell of members.slice(0, count)) held[cell] = 1;
  }
  const all = Uint32Array.from({ length: cells }, (_, i) => i);
  return { fitted: all.filter((i) => held[i] === 0), validation: all.filter((i) => held[i] === 1) };
}
