import { CfgenError } from '@cfgen/contracts';
import { median } from '../statistics/averages';
import { pearson } from '../statistics/correlation';

/** How the totals of generated cells follow the size factors that were asked for. */
export interface SizeFactorAgreement {
  readonly cells: number;
  /** Median of total/requested over all cells; null without cells. */
  readonly medianRatio: number | null;
  /** Pearson correlation of ln total and ln requested; null where one of them does not vary. */
  readonly logCorrelation: number | null;
  /** Cells by tenth of the requested size, smallest first; fewer where there are fewer than ten cells. */
  readonly deciles: readonly { readonly requested: number; readonly total: number; readonly medianRatio: number; readonly cells: number }[];
}

/**
 * Request against outcome: size factors that were asked for, and total counts of the cells that came.
 *
 * Cells without a positive request or total are left out. In each decile `requested` and `total` are medians.
 *
 * @throws CfgenError REQUEST_INVALID when the two differ in length
 */
export function sizeFactorAgreement(requested: ArrayLike<number>, totals: ArrayLike<number>): SizeFactorAgreement {
  if (requested.length !== totals.length) {
    throw new CfgenError('REQUEST_INVALID', `there are ${requested.length} requested size factors, and ${totals.length} totals`);
  }
  const pairs = Array.from(requested, (asked, i) => ({ asked, total: totals[i] ?? 0 }))
    .filter(({ asked, total }) => asked > 0 && total > 0)
    .sort((a, b) => a.asked - b.asked);
  const tenths = Math.min(10, pairs.length);
  const ratios = (cells: typeof pairs): number => median(cells.map(({ asked, total }) => total / asked));
  return {
    cells: pairs.length,
    medianRatio: pairs.length === 0 ? null : ratios(pairs),
    logCorrelation: pearson(
      Float64Array.from(pairs, ({ asked }) => Math.log(asked)),
      Float64Array.from(pairs, ({ total }) => Math.log(total)),
    ),
    deciles: Array.from({ length: tenths }, (_, k) => {
      const cells = pairs.slice(Math.floor((k * pairs.length) / tenths), Math.floor(((k + 1) * pairs.length) / tenths));
      return {
        requested: median(cells.map(({ asked }) => asked)),
        total: median(cells.map(({ total }) => total)),
        medianRatio: ratios(cells),
        cells: cells.length,
      };
    }),
  };
}
