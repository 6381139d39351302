import type { DenseMatrix } from '@cfgen/math';
import { membersOf, type Groups } from './groups';

/** Total variance (sum over dimensions, ddof 1) of the cells of each label; `null` for a label of one cell. */
export function withinLabelVariance(x: DenseMatrix, labels: Groups): (number | null)[] {
  return membersOf(labels).map((cells) => totalVariance(x, cells));
}

/** Sum over dimensions of the variance (ddof 1) of some rows, all by default; `null` for fewer than two. */
export function totalVariance({ rows, columns: d, values }: DenseMatrix, cells?: Int32Array): number | null {
  const n = cells?.length ?? rows;
  if (n < 2) return null;
  const means = new Float64Array(d);
  for (let at = 0; at < n; at++) {
    const start = (cells?.[at] ?? at) * d;
    for (let k = 0; k < d; k++) means[k] += values[start + k] / n;
  }
  let sum = 0;
  for (let at = 0; at < n; at++) {
    const start = (cells?.[at] ?? at) * d;
    for (let k = 0; k < d; k++) sum += (values[start + k] - means[k]) ** 2;
  }
  return sum / (n - 1);
}
