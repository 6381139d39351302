import { squaredDistances, uniformTransport, type DenseMatrix, type UniformTransport } from '@cfgen/math';

/** Exact Wasserstein distances between the empirical distributions of two samples. */
export interface WassersteinDistances {
  /** Optimal transport under the Euclidean distance. */
  readonly w1: number;
  /** Square root of the optimal transport under the squared Euclidean distance. */
  readonly w2: number;
  /**
   * What each cell adds to W1 and W2 when it counts more: its dual potential over the number of cells (for W2 over 2 W2 too). The potentials of
   * the optimal transport are the derivative of its cost by the weights of the cells; del Barrio & Loubes, Central limit theorems for empirical
   * transportation cost in general dimension, Annals of Probability 47:926-951, 2019.
   */
  readonly effects: { readonly w1: TransportEffects; readonly w2: TransportEffects };
}

export interface TransportEffects {
  readonly real: Float64Array;
  readonly generated: Float64Array;
}

/**
 * Exact W1 and W2 with uniform weights over all rows; the numbers of rows may differ. Never an approximation.
 * Memory: one n x m matrix of float64.
 */
export function wassersteinDistances(real: DenseMatrix, generated: DenseMatrix): WassersteinDistances {
  const costs = squaredDistances(real, generated);
  const squared = uniformTransport(costs);
  const w2 = Math.sqrt(squared.cost);
  for (let at = 0; at < costs.values.length; at++) costs.values[at] = Math.sqrt(costs.values[at]);
  const plain = uniformTransport(costs);
  return { w1: plain.cost, w2, effects: { w1: effectsOf(plain, 1), w2: effectsOf(squared, w2 > 0 ? 1 / (2 * w2) : 0) } };
}

function effectsOf({ rowPotentials, columnPotentials }: UniformTransport, factor: number): TransportEffects {
  const scaled = (potentials: Float64Array): Float64Array => potentials.map((potential) => (factor * potential) / potentials.length);
  return { real: scaled(rowPotentials), generated: scaled(columnPotentials) };
}

/** Numbers in ascending order with the weight of each. */
export interface WeightedLine {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Exact W1 of two samples of numbers, any sizes: the area between their distribution functions. */
export function wassersteinOnLine(a: Float64Array, b: Float64Array): number {
  const ascending = (values: Float64Array): WeightedLine => ({
    values: values.slice().sort(),
    weights: new Float64Array(values.length).fill(1),
  });
  return wassersteinOfWeighted(ascending(a), ascending(b));
}

/** The same of weighted numbers; each side's weights count in proportion. */
export function wassersteinOfWeighted(x: WeightedLine, y: WeightedLine): number {
  const [totalX, totalY] = [x, y].map(({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
  let i = 0;
  let j = 0;
  let belowX = 0;
  let belowY = 0;
  let previous = Math.min(x.values[0], y.values[0]);
  let area = 0;
  while (i < x.values.length || j < y.values.length) {
    const next = j >= y.values.length || (i < x.values.length && x.values[i] <= y.values[j]) ? x.values[i] : y.values[j];
    area += Math.abs(belowX / totalX - belowY / totalY) * (next - previous);
    while (i < x.values.length && x.values[i] === next) belowX += x.weights[i++];
    while (j < y.values.length && y.values[j] === next) belowY += y.weights[j++];
    previous = next;
  }
  return area;
}
