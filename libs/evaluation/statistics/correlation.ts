import { mean } from './averages';

/** Pearson correlation; `null` when one side is constant or there are fewer than two values. */
export function pearson(a: Float64Array, b: Float64Array): number | null {
  const n = a.length;
  if (n < 2 || isConstant(a) || isConstant(b)) return null;
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < n; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb);
}

/** Rounding in the mean makes equal values seem to vary a little, so they are compared themselves. */
function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

/** Spearman rank correlation, tied values share their mean rank; `null` when one side is constant. */
export function spearman(a: Float64Array, b: Float64Array): number | null {
  return pearson(ranks(a), ranks(b));
}

/** Rank of each value, 1 for the smallest; tied values share the mean of their ranks. */
export function ranks(values: Float64Array): Float64Array {
  // Sorting the values alone and looking each up takes a fraction of sorting their positions by a comparison.
  const sorted = values.slice().sort();
  const n = sorted.length;
  const rankOf = new Float64Array(n);
  for (let start = 0; start < n;) {
    let end = start + 1;
    while (end < n && sorted[end] === sorted[start]) end++;
    rankOf.fill((start + 1 + end) / 2, start, end);
    start = end;
  }
  return values.map((value) => {
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1;
      else high = middle;
    }
    return rankOf[low];
  });
}
