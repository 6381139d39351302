import type { Tensor } from '../port/tensor';
import { shapeText } from '../port/contract';
import { argumentsOf } from './arguments';

/** Log inverse dispersions, one for each feature or one for each (category, feature), and which of them a row of the batch has. */
export interface Dispersions {
  readonly values: Float64Array;
  /** The part of `values`, or of another array of the same shape, that belongs to a row of the batch. */
  ofRow(values: Float64Array, row: number): Float64Array;
}

/** Opens logTheta [G], or [C, G] when `category` chooses its row for each row of the batch. */
export function dispersions(kernel: string, logTheta: Tensor, category: Tensor | undefined, rows: number, features: number): Dispersions {
  const { real, int32, fail } = argumentsOf(kernel);
  if (category === undefined) return { values: real('logTheta', logTheta, [features]), ofRow: (values) => values };
  const [categories, columns] = logTheta.shape;
  if (logTheta.shape.length !== 2 || categories === undefined || columns !== features) {
    throw fail(`logTheta has shape ${shapeText(logTheta.shape)}, must have [categories, ${features}] when category is given`);
  }
  const codes = int32('category', category, [rows]);
  for (let r = 0; r < rows; r++) {
    if (codes[r] < 0 || codes[r] >= categories) throw fail(`category[${r}] is ${codes[r]}, logTheta has ${categories} rows`);
  }
  return {
    values: real('logTheta', logTheta),
    ofRow: (values, row) => values.subarray(codes[row] * features, (codes[row] + 1) * features),
  };
}
