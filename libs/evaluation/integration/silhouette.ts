import { denseMatrix, innerProducts, squaredNorms, type DenseMatrix } from '@cfgen/math';
import type { Groups } from './groups';

export interface SilhouetteOptions {
  /** Euclidean distance (default), or 1 - cos. */
  readonly distance?: 'euclidean' | 'cosine';
  /**
   * What a cell's own group is compared with: the `nearest` other group (default), the `furthest`, or `all` cells of other groups together.
   */
  readonly against?: 'nearest' | 'furthest' | 'all';
}

/** Cells compared with each other at a time. */
const blockRows = 128;

/**
 * Silhouette width of every cell: (b - a) / max(a, b), a the mean distance to the other cells of its group, b the mean distance to other groups.
 * 0 for a cell alone in its group, and where there is no other group or no distance at all.
 * Rousseeuw, J. Comput. Appl. Math. 20:53-65, 1987. Distances are computed in blocks and never kept: memory is cells x groups.
 */
export function silhouetteWidths(x: DenseMatrix, groups: Groups, options: SilhouetteOptions = {}): Float64Array {
  const { against = 'nearest' } = options;
  const sums = distanceSums(x, groups, options.distance ?? 'euclidean');
  const { sizes, codes } = groups;
  const others = (own: number): number => x.rows - sizes[own];
  return Float64Array.from(codes, (own, i) => {
    if (sizes[own] < 2 || sizes.length < 2) return 0;
    const row = sums.subarray(i * sizes.length, (i + 1) * sizes.length);
    const a = row[own] / (sizes[own] - 1);
    let b = against === 'nearest' ? Infinity : 0;
    for (let g = 0; g < sizes.length; g++) {
      if (g === own) continue;
      if (against === 'all') b += row[g] / others(own);
      else b = against === 'nearest' ? Math.min(b, row[g] / sizes[g]) : Math.max(b, row[g] / sizes[g]);
    }
    const width = (b - a) / Math.max(a, b);
    return Number.isNaN(width) ? 0 : width;
  });
}

/** Sum of the distances of every cell to the cells of every group: cells x groups. */
function distanceSums(x: DenseMatrix, { codes, sizes }: Groups, distance: 'euclidean' | 'cosine'): Float64Array {
  const groups = sizes.length;
  const sums = new Float64Array(x.rows * groups);
  const points = distance === 'cosine' ? unitRows(x) : centred(x);
  const norms = squaredNorms(points);
  const products = new Float64Array(blockRows * blockRows);
  for (let first = 0; first < x.rows; first += blockRows) {
    const rows = { from: first, to: Math.min(first + blockRows, x.rows) };
    // Distances are symmetric: each pair of blocks is computed once and counted for both.
    for (let from = first; from < x.rows; from += blockRows) {
      const columns = { from, to: Math.min(from + blockRows, x.rows) };
      innerProducts(points, rows, points, columns, products);
      const width = columns.to - from;
      for (let i = rows.from; i < rows.to; i++) {
        const at = (i - first) * width - from;
        for (let j = from === first ? i + 1 : from; j < columns.to; j++) {
          const product = products[at + j];
          const far =
            distance === 'cosine' ? Math.min(2, Math.max(0, 1 - product)) : Math.sqrt(Math.max(0, norms[i] + norms[j] - 2 * product));
          sums[i * groups + codes[j]] += far;
          sums[j * groups + codes[i]] += far;
        }
      }
    }
  }
  return sums;
}

/** Moved so that the mean is at 0, where ||x||^2 + ||y||^2 - 2 x.y loses the least. */
function centred(x: DenseMatrix): DenseMatrix {
  const { rows, columns: d, values } = x;
  const means = new Float64Array(d);
  for (let at = 0; at < values.length; at++) means[at % d] += values[at] / rows;
  return denseMatrix(
    rows,
    d,
    values.map((value, at) => value - means[at % d]),
  );
}

/** Rows of length 1; a row of zeros stays one, and is at distance 1 of all. */
function unitRows(x: DenseMatrix): DenseMatrix {
  const lengths = squaredNorms(x).map((norm) => (norm > 0 ? Math.sqrt(norm) : 1));
  return denseMatrix(
    x.rows,
    x.columns,
    x.values.map((value, at) => value / lengths[Math.floor(at / x.columns)]),
  );
}
