import { RandomStream, randomKey } from '@cfgen/math';
import type { ModelDescription } from '../files/model-description';
import type { Attribute, TrainingCells } from '../training/cells';
import type { Conditions } from './draw-conditions';
import { quantile } from './quantile';

export type PeakTotals = NonNullable<ModelDescription['atacTotals']>;
type PeakTotalsGroup = PeakTotals['all'];

/** Categories with fewer cells take the fit of all cells. */
const smallestGroup = 20;

/**
 * How many counts a cell has over all peaks, given its size factor, in each category of the attribute: ln a = mean + slope (ln l - sizeMean)
 * plus what this leaves over of a training cell. A cell that was sequenced deeply in one modality often was in the other.
 */
export function fitPeakTotals(
  { sizeFactors, atac }: Required<Pick<TrainingCells, 'sizeFactors' | 'atac'>>,
  label: { readonly attribute: Attribute; readonly index: number } | undefined,
): PeakTotals {
  const points = Array.from(sizeFactors, (l, i): readonly [number, number] => [Math.log(l), Math.log(atac.sizeFactors[i] ?? NaN)]);
  const groups = (label?.attribute.categories ?? []).map((_, code) => {
    const own = points.filter((_point, i) => label?.attribute.codes[i] === code);
    return own.length < smallestGroup ? null : fitLine(own);
  });
  return { by: label?.index ?? null, all: fitLine(points), groups };
}

/** Least squares. */
function fitLine(points: readonly (readonly [number, number])[]): PeakTotalsGroup {
  const n = points.length;
  const sizeMean = points.reduce((sum, [x]) => sum + x, 0) / n;
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const spread = points.reduce((sum, [x]) => sum + (x - sizeMean) ** 2, 0);
  const slope = spread > 0 ? points.reduce((sum, [x, y]) => sum + (x - sizeMean) * (y - mean), 0) / spread : 0;
  // float32 is far finer than the spread, and keeps model.json small.
  const residuals = points.map(([x, y]) => Number((y - mean - slope * (x - sizeMean)).toPrecision(7))).sort((a, b) => a - b);
  return { cells: n, mean, sizeMean, slope, residuals };
}

/** Totals over the peaks for the cells of a chunk; that of a cell is a function of (seed, its index, its conditions) alone. */
export function drawPeakTotals(
  { by, all, groups }: PeakTotals,
  { start, codes, sizeFactors }: Pick<Conditions, 'start' | 'sizeFactors'> & Partial<Pick<Conditions, 'codes'>>,
  seed: number,
): Float64Array {
  const key = randomKey(seed, 'generate/peak-totals');
  return sizeFactors.map((l, i) => {
    const group = (by === null ? null : groups[codes?.[by]?.[i] ?? -1]) ?? all;
    const left = quantile(group.residuals, new RandomStream(key, start + i).uniform());
    return Math.exp(group.mean + group.slope * (Math.log(l) - group.sizeMean) + left);
  });
}
