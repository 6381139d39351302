import { squaredDistances, uniformTransport, type DenseMatrix } from '@cfgen/math';

/** Exact Wasserstein distances between the empirical distributions of two samples. */
export interface WassersteinDistances {
  /** Optimal transport under the Euclidean distance. */
  readonly w1: number;
  /** Square root of the optimal transport under the squared Euclidean distance. */
  readonly w2: number;
}

/**
 * Exact W1 and W2 with uniform weights over all rows; the numbers of rows may differ. Never an approximation.
 * Memory: one n x m matrix of float64.
 */
export function wassersteinDistances(real: DenseMatrix, generated: DenseMatrix): WassersteinDistances {
  const costs = squaredDistances(real, generated);
  const w2 = Math.sqrt(uniformTransport(costs).cost);
  for (let at = 0; at < costs.values.length; at++) costs.values[at] = Math.sqrt(costs.values[at]);
  return { w1: uniformTransport(costs).cost, w2 };
}

/** Exact W1 of two samples of numbers, any sizes: the area between their distribution functions. */
export function wassersteinOnLine(a: Float64Array, b: Float64Array): number {
  const x = a.slice().sort();
  const y = b.slice().sort();
  let i = 0;
  let j = 0;
  let previous = Math.min(x[0], y[0]);
  let area = 0;
  while (i < x.length || j < y.length) {
    const next = j >= y.length || (i < x.length && x[i] <= y[j]) ? x[i] : y[j];
    area += Math.abs(i / x.length - j / y.length) * (next - previous);
    while (i < x.length && x[i] === next) i++;
    while (j < y.length && y[j] === next) j++;
    previous = next;
  }
  return area;
}
