import { RandomStream, randomKey } from '@cfgen/math';
import type { ModelDescription } from '../files/model-description';
import type { Attribute, TrainingCells } from '../training/cells';
import type { Conditions } from './draw-conditions';

export type PeakTotals = NonNullable<ModelDescription['atacTotals']>;
type PeakTotalsGroup = PeakTotals['groups'][number];

/** Categories with fewer cells take the fit of all cells. */
const smallestGroup = 20;

/**
 * How many counts a cell has over all peaks, given its size factor, in each category of the attribute: ln a = mean + slope (ln l - sizeMean)
 * plus normal noise. A cell that was sequenced deeply in one modality often was in the other.
 */
export function fitPeakTotals(
  { sizeFactors, atac }: Required<Pick<TrainingCells, 'sizeFactors' | 'atac'>>,
  label: { readonly attribute: Attribute; readonly index: number } | undefined,
): PeakTotals {
  const points = Array.from(sizeFactors, (l, i): readonly [number, number] => [Math.log(l), Math.log(atac.sizeFactors[i] ?? NaN)]);
  const whole = fitLine(points);
  const groups = (label?.attribute.categories ?? ['all']).map((_, code) => {
    const own = label === undefined ? points : points.filter((_point, i) => label.attribute.codes[i] === code);
    return own.length < smallestGroup ? { ...whole, cells: own.length } : fitLine(own);
  });
  return { by: label?.index ?? null, groups };
}

/** Least squares; the deviation is that of what the line leaves over (ddof 2). */
function fitLine(points: readonly (readonly [number, number])[]): PeakTotalsGroup {
  const n = points.length;
  const sizeMean = points.reduce((sum, [x]) => sum + x, 0) / Math.max(1, n);
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / Math.max(1, n);
  const spread = points.reduce((sum, [x]) => sum + (x - sizeMean) ** 2, 0);
  const slope = spread > 0 ? points.reduce((sum, [x, y]) => sum + (x - sizeMean) * (y - mean), 0) / spread : 0;
  const left = points.reduce((sum, [x, y]) => sum + (y - mean - slope * (x - sizeMean)) ** 2, 0);
  return { cells: n, mean, sizeMean, slope, deviation: n > 2 ? Math.sqrt(left / (n - 2)) : 0 };
}

/** Totals over the peaks for the cells of a chunk; that of a cell is a function of (seed, its index, its conditions) alone. */
export function drawPeakTotals(
  { by, groups }: PeakTotals,
  { start, codes, sizeFactors }: Pick<Conditions, 'start' | 'sizeFactors'> & Partial<Pick<Conditions, 'codes'>>,
  seed: number,
): Float64Array {
  const key = randomKey(seed, 'generate/peak-totals');
  return sizeFactors.map((l, i) => {
    const group = groups[by === null ? 0 : (codes?.[by]?.[i] ?? -1)];
    if (group === undefined) throw new Error(`there is no group of peak totals for cell ${start + i}`);
    const expected = group.mean + group.slope * (Math.log(l) - group.sizeMean);
    return Math.exp(expected + group.deviation * new RandomStream(key, start + i).normal());
  });
}
