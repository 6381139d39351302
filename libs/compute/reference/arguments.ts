import type { CountsBatch, Dtype, ParameterSet, Tensor } from '../port/tensor';
import { checkDistinct, dimensionsOf, misuse, sameShape, shapeText } from '../port/contract';
import { ReferenceCounts, ReferenceParameters, ReferenceTensor, released, type CountsData } from './storage';

/**
 * Opens the arguments of one kernel: gives their numbers, or says which argument of which kernel does not fit.
 *
 * @example
 * const { real, matrix } = argumentsOf('columnSums');
 * const [rows, columns] = matrix('a', a);
 * const y = real('out', out, [columns]);
 */
export interface Arguments {
  /** Numbers of a real tensor, of exactly this shape when one is given. */
  real(argument: string, tensor: Tensor, shape?: readonly number[]): Float64Array;
  /** Numbers of an int32 tensor of exactly this shape. */
  int32(argument: string, tensor: Tensor, shape: readonly number[]): Int32Array;
  /** Rows and columns of a two-dimensional tensor. */
  matrix(argument: string, tensor: Tensor): readonly [rows: number, columns: number];
  counts(argument: string, batch: CountsBatch, rows?: number, columns?: number): CountsData;
  parameters(argument: string, set: ParameterSet): ReferenceParameters;
  /** For outputs that are written while inputs are still read. */
  distinct(argument: string, tensor: Tensor, others: Readonly<Record<string, Tensor>>): void;
  fail(what: string): Error;
}

export function argumentsOf(kernel: string): Arguments {
  const data = (argument: string, tensor: Tensor, dtype: Dtype, shape: readonly number[] | undefined) => {
    if (!(tensor instanceof ReferenceTensor)) throw misuse(kernel, `${argument} is not a tensor of the reference engine`);
    if (tensor.dtype !== dtype) throw misuse(kernel, `${argument} is ${tensor.dtype}, must be ${dtype}`);
    if (tensor.data === undefined) throw released(kernel, argument);
    if (shape !== undefined && !sameShape(tensor.shape, shape)) {
      throw misuse(kernel, `${argument} has shape ${shapeText(tensor.shape)}, must have ${shapeText(shape)}`);
    }
    return tensor.data;
  };
  return {
    real: (argument, tensor, shape) => data(argument, tensor, 'real', shape) as Float64Array,
    int32: (argument, tensor, shape) => data(argument, tensor, 'int32', shape) as Int32Array,
    matrix: (argument, tensor) => dimensionsOf(kernel, argument, tensor),
    counts(argument, batch, rows, columns) {
      if (!(batch instanceof ReferenceCounts)) throw misuse(kernel, `${argument} is not a counts batch of the reference engine`);
      if (batch.data === undefined) throw released(kernel, argument);
      if ((rows !== undefined && batch.rows !== rows) || (columns !== undefined && batch.columns !== columns)) {
        const wanted = shapeText([rows ?? batch.rows, columns ?? batch.columns]);
        throw misuse(kernel, `${argument} holds ${shapeText([batch.rows, batch.columns])} counts, must hold ${wanted}`);
      }
      return batch.data;
    },
    parameters(argument, set) {
      if (!(set instanceof ReferenceParameters)) throw misuse(kernel, `${argument} is not a parameter set of the reference engine`);
      return set;
    },
    distinct: (argument, tensor, others) => checkDistinct(kernel, argument, tensor, others),
    fail: (what) => misuse(kernel, what),
  };
}
