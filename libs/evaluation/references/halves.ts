import { RandomStream, randomKey, shuffle } from '@cfgen/math';
import type { CellSet, Labels } from '../cells/cell-set';
import { selectedCounts } from '../cells/stored-counts';

/** Rows of two halves of some cells, ascending, that have each label (and no label) in equal numbers, up to one cell. */
export function halves(cells: number, labels: Labels | undefined, seed: number): [Uint32Array, Uint32Array] {
  const order = Uint32Array.from({ length: cells }, (_, i) => i);
  shuffle(order, new RandomStream(randomKey(seed, 'evaluation/halves')));
  const sides: [number[], number[]] = [[], []];
  const dealt = new Map<number, number>();
  for (const cell of order) {
    const code = labels?.codes[cell] ?? -1;
    // The odd cell of a label goes where the label's number sends it, so that the halves stay about equal.
    const turn = dealt.get(code) ?? Math.abs(code);
    dealt.set(code, turn + 1);
    sides[turn % 2].push(cell);
  }
  return [Uint32Array.from(sides[0]).sort(), Uint32Array.from(sides[1]).sort()];
}

/** Some cells of a set, in the given order. */
export function selectedCells(set: CellSet, rows: Uint32Array, name = set.name): CellSet {
  const { labels, donors } = set;
  const pick = ({ categories, codes }: Labels): Labels => ({ categories, codes: Int32Array.from(rows, (row) => codes[row]) });
  return {
    name,
    counts: selectedCounts(set.counts, rows),
    ...(labels === undefined ? {} : { labels: pick(labels) }),
    ...(donors === undefined ? {} : { donors: pick(donors) }),
  };
}
