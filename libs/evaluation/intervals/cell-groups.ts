import { RandomStream, shuffle, type RandomKey } from '@cfgen/math';
import type { Labels } from '../cells/cell-set';

/**
 * Cells dealt at random into groups that are resampled as wholes, each label (stratum) for itself. A label of few cells has each in a group of
 * its own: resampling is then that of single cells.
 */
export interface CellGroups {
  /** Group of each cell. */
  readonly groupOf: Uint32Array;
  readonly groups: number;
  /** Groups `first .. first + count - 1` hold the cells of one label; cells without a label are a stratum of their own. */
  readonly strata: readonly Stratum[];
}

export interface Stratum {
  /** `undefined` for cells without a label. */
  readonly label: string | undefined;
  readonly cells: Uint32Array;
  readonly first: number;
  readonly count: number;
}

/** Groups of all labels together, more or less: sums by group and gene are kept in memory. */
const manyGroups = 240;
const groupsOfLabel = { least: 10, most: 100 };

/** Deals cells into groups. The same key and row give the same groups. */
export function groupCells(cells: number, labels: Labels | undefined, key: RandomKey, row: number): CellGroups {
  const byLabel = new Map<number, number[]>();
  for (let cell = 0; cell < cells; cell++) {
    const code = labels?.codes[cell] ?? -1;
    const list = byLabel.get(code);
    if (list === undefined) byLabel.set(code, [cell]);
    else list.push(cell);
  }
  const most = Math.min(groupsOfLabel.most, Math.max(groupsOfLabel.least, Math.floor(manyGroups / byLabel.size)));
  const groupOf = new Uint32Array(cells);
  const strata: Stratum[] = [];
  let first = 0;
  for (const [code, list] of [...byLabel].sort(([a], [b]) => a - b)) {
    const count = Math.min(list.length, most);
    const dealt = Uint32Array.from(list);
    // Few cells keep their order: each is a group anyway.
    if (count < list.length) shuffle(dealt, new RandomStream(key, row, strata.length));
    dealt.forEach((cell, at) => (groupOf[cell] = first + (at % count)));
    strata.push({ label: code < 0 ? undefined : labels?.categories[code], cells: Uint32Array.from(list), first, count });
    first += count;
  }
  return { groupOf, groups: first, strata };
}

/**
 * How often each group counts in one draw: of the k groups of a label k - 1 are drawn with replacement, times k/(k - 1), so that the variance
 * over draws of a mean is s^2/k without the bias of drawing k (McCarthy & Snowden, The bootstrap and finite population sampling, 1985).
 * The only group of a label always counts once.
 */
export function drawGroups({ groups, strata }: CellGroups, random: RandomStream): Float64Array {
  const weights = new Float64Array(groups);
  for (const { first, count } of strata) {
    if (count === 1) {
      weights[first] = 1;
      continue;
    }
    for (let drawn = 1; drawn < count; drawn++) weights[first + random.below(count)] += count / (count - 1);
  }
  return weights;
}
