import type { Tensor } from '../port/tensor';
import { argumentsOf, shapeText } from './arguments';

/** Inverse dispersions theta = exp(logTheta), and where a row finds its own: one for each feature, or one for each (category, feature). */
export interface Dispersions {
  readonly values: Float64Array;
  /** Index in `values` of the first feature's inverse dispersion for this row. */
  offset(row: number): number;
}

export function dispersions(kernel: string, logTheta: Tensor, category: Tensor | undefined, rows: number, features: number): Dispersions {
  const { real, int32, fail } = argumentsOf(kernel);
  if (category === undefined) {
    return { values: real('logTheta', logTheta, [features]).map(Math.exp), offset: () => 0 };
  }
  const [categories, columns] = logTheta.shape;
  if (logTheta.shape.length !== 2 || categories === undefined || columns !== features) {
    throw fail(`logTheta has shape ${shapeText(logTheta.shape)}, must have [categories, ${features}] when category is given`);
  }
  const codes = int32('category', category, [rows]);
  for (let r = 0; r < rows; r++) {
    if (codes[r] < 0 || codes[r] >= categories) throw fail(`category[${r}] is ${codes[r]}, logTheta has ${categories} rows`);
  }
  return { values: real('logTheta', logTheta).map(Math.exp), offset: (row) => codes[row] * features };
}
