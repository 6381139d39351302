import type { NearestNeighbours } from '@cfgen/math';
import type { CountSource, SparseRows } from '@cfgen/tensors';
import { forEachBlock, rowTotal } from '../cells/count-blocks';

/** Cells that are training cells, or nearly so. */
export interface Copies {
  /** Cells whose counts are those of a training cell, gene by gene. */
  readonly exact: number;
  /** Cells that differ from one of their nearest training cells in at most 5 % of the counts; the exact ones are among them. */
  readonly near: number;
}

/** Sum over genes of the difference of counts, as a share of both totals, up to which a cell is a near copy. */
export const nearCopyShare = 0.05;

/**
 * Counts the copies among some cells.
 *
 * @param nearest nearest training cells of each of them, in a space in which a copy is near
 */
export function countCopies(cells: CountSource, training: CountSource, index: CopyIndex, nearest: NearestNeighbours): Copies {
  let exact = 0;
  let near = 0;
  forEachBlock(cells, (block, start) => {
    const neighbours = training.gather(Uint32Array.from(nearest.indices.subarray(start * nearest.k, (start + block.rows) * nearest.k)));
    for (let r = 0; r < block.rows; r++) {
      const isExact = (index.get(hashOf(block, r)) ?? []).some(
        (row) => difference(block, r, training.gather(Uint32Array.of(row)), 0) === 0,
      );
      let isNear = isExact;
      for (let at = 0; at < nearest.k && !isNear; at++) isNear = difference(block, r, neighbours, r * nearest.k + at) <= nearCopyShare;
      if (isExact) exact++;
      if (isNear) near++;
    }
  });
  return { exact, near };
}

/** Training cells by a hash of their counts. */
export type CopyIndex = ReadonlyMap<number, readonly number[]>;

export function copyIndex(training: CountSource): CopyIndex {
  const index = new Map<number, number[]>();
  forEachBlock(training, (block, start) => {
    for (let r = 0; r < block.rows; r++) {
      const hash = hashOf(block, r);
      const rows = index.get(hash);
      if (rows === undefined) index.set(hash, [start + r]);
      else rows.push(start + r);
    }
  });
  return index;
}

/** FNV-1a over the genes and counts of a row; genes come in ascending order. */
function hashOf(block: SparseRows, r: number): number {
  let hash = 0x811c9dc5;
  for (let at = block.indptr[r]; at < block.indptr[r + 1]; at++) {
    hash = Math.imul(hash ^ block.indices[at], 0x01000193);
    hash = Math.imul(hash ^ block.values[at], 0x01000193);
  }
  return hash >>> 0;
}

/** Sum of |x - y| over both totals: 0 for equal cells, 1 for cells that share no count. Two empty cells are equal. */
function difference(x: SparseRows, r: number, y: SparseRows, s: number): number {
  let i = x.indptr[r];
  let j = y.indptr[s];
  let sum = 0;
  while (i < x.indptr[r + 1] || j < y.indptr[s + 1]) {
    const gene = i < x.indptr[r + 1] ? x.indices[i] : Infinity;
    const other = j < y.indptr[s + 1] ? y.indices[j] : Infinity;
    if (gene === other) sum += Math.abs(x.values[i++] - y.values[j++]);
    else sum += gene < other ? x.values[i++] : y.values[j++];
  }
  return sum === 0 ? 0 : sum / (rowTotal(x, r) + rowTotal(y, s));
}
