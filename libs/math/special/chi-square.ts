import { regularisedGammaQ } from './incomplete-gamma';

/**
 * The chance that a chi-square variable with `freedom` degrees of freedom is larger than `x`: the p-value of a chi-square test.
 * @throws RangeError unless freedom > 0 and x >= 0
 */
export function chiSquareUpperTail(x: number, freedom: number): number {
  return regularisedGammaQ(freedom / 2, x / 2);
}
