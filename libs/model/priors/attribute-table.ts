import type { Attribute } from '../training/cells';

/** One combination of categories that occurs among the training cells. */
export interface Combination {
  /** Category of each attribute, in the model's order. */
  readonly codes: readonly number[];
  /** Training cells that have it, at least 1. */
  readonly count: number;
}

/** The empirical JOINT distribution of all attributes: combinations that never occurred have no row. Sorted by codes. */
export function attributeTable(attributes: readonly Attribute[], cells: number): Combination[] {
  if (attributes.length === 0) return [];
  const counts = new Map<string, number>();
  for (let i = 0; i < cells; i++) {
    const key = attributes.map((attribute) => attribute.codes[i]).join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({ codes: key.split(' ').map(Number), count })).sort((a, b) => compareCodes(a.codes, b.codes));
}

export function compareCodes(a: readonly number[], b: readonly number[]): number {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return a[k] - b[k];
  return 0;
}
