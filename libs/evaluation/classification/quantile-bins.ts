import type { DenseMatrix } from '@cfgen/math';

/** Features cut into few ordered bins, so that a split is found by counting. */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** Bin of each value, feature by feature: `features` x `rows`. */
  readonly bins: Uint8Array;
  /** Of each feature the largest value of each of its bins. */
  readonly upperValues: readonly Float64Array[];
}

const mostBins = 255;

/** Cuts each column into bins of about equal numbers of rows; equal values share a bin, and few values get a bin each. */
export function quantileBins(x: DenseMatrix): BinnedFeatures {
  const bins = new Uint8Array(x.rows * x.columns);
  const upperValues: Float64Array[] = [];
  for (let k = 0; k < x.columns; k++) {
    const column = Float64Array.from({ length: x.rows }, (_, i) => x.values[i * x.columns + k]);
    const sorted = column.slice().sort();
    const upper: number[] = [];
    for (let at = 0; at < x.rows; at++) {
      const isLastOfValue = at + 1 === x.rows || sorted[at + 1] !== sorted[at];
      if (isLastOfValue && (at + 1) * mostBins >= (upper.length + 1) * x.rows) upper.push(sorted[at]);
    }
    // The last value always passes the test above, so every value lies in a bin.
    const limits = Float64Array.from(upper);
    for (let i = 0; i < x.rows; i++) bins[k * x.rows + i] = firstAtLeast(limits, column[i]);
    upperValues.push(limits);
  }
  return { rows: x.rows, features: x.columns, bins, upperValues };
}

function firstAtLeast(limits: Float64Array, value: number): number {
  let low = 0;
  let high = limits.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (limits[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
