import { squaredDistancesOfRow, type DenseMatrix } from '@cfgen/math';

/** Widths of the five Gaussians whose sum is the kernel. */
export const kernelWidths: readonly number[] = [0.01, 0.1, 1, 10, 100];

/** exp(-x) below this is 0 in float64. */
const vanishing = 745;

/** Maximum mean discrepancy of two samples under the sum of five Gaussian kernels, and the linear-time linear one. */
export interface MaximumMeanDiscrepancy {
  /** Cells of each side that were used: the first of each set. */
  readonly cells: number;
  /** MMD^2, biased V-statistic with the diagonal: what the CFGen paper calls MMD. 0 .. 10. */
  readonly biased: number;
  /** MMD^2 without the diagonals, near 0 (and of either sign) for equal distributions. `null` with fewer than two cells. */
  readonly unbiased: number | null;
  /** Linear-time estimate of the squared distance of the means; can be negative. `null` with fewer than two cells. */
  readonly linear: number | null;
  /**
   * What each used cell adds to MMD^2 (biased and unbiased alike) when it counts more: twice its mean similarity to its own side less that to the
   * other, over the number of cells; the first-order term of the V-statistic.
   */
  readonly effects: { readonly real: Float64Array; readonly generated: Float64Array };
}

/**
 * MMD^2 on the first q = min(n, m) rows of each matrix, k(x, y) = sum over sigma in {0.01, 0.1, 1, 10, 100} of exp(-||x - y||^2 / (2 sigma^2)).
 * Gretton et al., A kernel two-sample test, JMLR 13:723-773, 2012. The biased form keeps about 6/q even for equal distributions:
 * compare it at equal q only. O(q^2 D) time, O(q) memory.
 */
export function maximumMeanDiscrepancy(real: DenseMatrix, generated: DenseMatrix): MaximumMeanDiscrepancy {
  const q = Math.min(real.rows, generated.rows);
  const sides = { real: new Float64Array(q), generated: new Float64Array(q) };
  const crossSums = { real: new Float64Array(q), generated: new Float64Array(q) };
  const within = pairSum(real, q, sides.real) + pairSum(generated, q, sides.generated);
  const across = crossSum(real, generated, q, crossSums.real, crossSums.generated);
  const diagonal = 2 * q * kernelWidths.length;
  const effects = (side: keyof typeof sides): Float64Array =>
    sides[side].map((sum, i) => (2 * (sum / Math.max(1, q - 1) - crossSums[side][i] / q)) / q);
  return {
    cells: q,
    biased: (2 * within + diagonal - 2 * across) / (q * q),
    unbiased: q < 2 ? null : (2 * within) / (q * (q - 1)) - (2 * across) / (q * q),
    linear: q < 2 ? null : linearTime(real, generated, q),
    effects: { real: effects('real'), generated: effects('generated') },
  };
}

/** Sum of k over the pairs i < j of the first q rows; adds each row's similarity to the others to `sums`. */
function pairSum(x: DenseMatrix, q: number, sums: Float64Array): number {
  const distances = new Float64Array(q);
  let sum = 0;
  for (let i = 1; i < q; i++) {
    squaredDistancesOfRow(x, i, x, 0, i, distances, 0);
    const ofRow = kernelSum(distances, i, sums);
    sums[i] += ofRow;
    sum += ofRow;
  }
  return sum;
}

function crossSum(x: DenseMatrix, y: DenseMatrix, q: number, sumsOfX: Float64Array, sumsOfY: Float64Array): number {
  const distances = new Float64Array(q);
  let sum = 0;
  for (let i = 0; i < q; i++) {
    squaredDistancesOfRow(x, i, y, 0, q, distances, 0);
    sumsOfX[i] = kernelSum(distances, q, sumsOfY);
    sum += sumsOfX[i];
  }
  return sum;
}

/** Sum of k over the given distances; each is also added to its entry of `sums`. */
function kernelSum(squaredDistances: Float64Array, count: number, sums: Float64Array): number {
  let sum = 0;
  for (const width of kernelWidths) {
    const scale = 1 / (2 * width * width);
    const farthest = vanishing / scale;
    for (let j = 0; j < count; j++) {
      if (squaredDistances[j] >= farthest) continue;
      const similarity = Math.exp(-squaredDistances[j] * scale);
      sums[j] += similarity;
      sum += similarity;
    }
  }
  return sum;
}

/** Mean over i of delta_i . delta_(i+1), delta_i = real_i - generated_i. */
function linearTime(real: DenseMatrix, generated: DenseMatrix, q: number): number {
  const d = real.columns;
  let sum = 0;
  for (let i = 0; i + 1 < q; i++) {
    for (let k = i * d; k < (i + 1) * d; k++) {
      sum += (real.values[k] - generated.values[k]) * (real.values[k + d] - generated.values[k + d]);
    }
  }
  return sum / (q - 1);
}
