import { forEachBlock, type PeakCells } from '../training/cells';
import type { AtacShape } from './architecture';

const blockRows = 512;

/**
 * Start of the output bias [P], at which every cell has the mean profile. Bernoulli: the logit of the open fraction (n + 1/2)/(N + 1) of a
 * peak; Poisson: ln of its share of all counts, (x + 1/2)/(total + P/2).
 */
export function peakBias(cells: PeakCells, rows: Uint32Array, likelihood: AtacShape['likelihood']): Float64Array {
  const { counts } = cells;
  const sums = new Float64Array(counts.columns);
  forEachBlock(counts, rows, blockRows, ({ rows: n, indptr, indices, values }) => {
    for (let k = 0; k < indptr[n]; k++) sums[indices[k]] += likelihood === 'bernoulli' ? 1 : values[k];
  });
  if (likelihood === 'bernoulli') return sums.map((open) => Math.log((open + 0.5) / (rows.length - open + 0.5)));
  const total = sums.reduce((sum, x) => sum + x, 0);
  return sums.map((x) => Math.log((x + 0.5) / (total + 0.5 * sums.length)));
}
