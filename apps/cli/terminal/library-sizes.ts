import type { SizeFactorAgreement } from '@cfgen/evaluation';
import { figure } from './quantities';

/** Library sizes that came, against those asked for, in one line. */
export function sizesText({ medianRatio, logCorrelation, deciles }: SizeFactorAgreement): string {
  if (medianRatio === null) return 'no counts at all in any cell';
  const [first, last] = [deciles[0], deciles[deciles.length - 1]];
  const ends = `${figure(first?.medianRatio ?? medianRatio)} in the smallest tenth, ${figure(last?.medianRatio ?? medianRatio)} in the largest`;
  // Where all were asked for the same size there is no smallest.
  const spread = logCorrelation === null ? '' : ` (${ends}); correlation of the logarithms ${figure(logCorrelation)}`;
  return `${figure(medianRatio)} of what was asked for at the median${spread}`;
}
