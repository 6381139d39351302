import { RandomStream, type RandomKey } from '@cfgen/math';
import { labelNames, type CellSet } from '../cells/cell-set';
import { storedCounts } from '../cells/stored-counts';
import type { OpenPeakProfile } from './open-peaks';

/**
 * The simplest generator worth beating: each peak of a cell is open with the share of the training cells of its label, whatever the other peaks
 * are. One cell for each real cell, with its label; a label that training does not know gets the shares of all cells. Cell i depends on
 * (key, i) alone.
 */
export function drawLabelShareCells(training: OpenPeakProfile, real: CellSet, key: RandomKey, name: string): CellSet {
  const labels = real.labels === undefined ? undefined : labelNames(real.labels);
  const indptr = new Uint32Array(real.counts.rows + 1);
  const indices: number[] = [];
  for (let i = 0; i < real.counts.rows; i++) {
    const { shares } = training.labels.get(labels?.[i] ?? '') ?? training.all;
    const random = new RandomStream(key, i);
    for (let j = 0; j < shares.length; j++) {
      if (shares[j] > 0 && random.uniform() < shares[j]) indices.push(j);
    }
    indptr[i + 1] = indices.length;
  }
  const counts = storedCounts({
    rows: real.counts.rows,
    columns: real.counts.columns,
    indptr,
    indices: Uint32Array.from(indices),
    values: new Float32Array(indices.length).fill(1),
  });
  return { name, counts, ...(real.labels === undefined ? {} : { labels: real.labels }) };
}
