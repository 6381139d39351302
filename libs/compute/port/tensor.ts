/**
 * A tensor that lives where its engine computes: opaque to everybody else.
 * `real` is float32 in fast engines and float64 in the reference engine; `int32` holds row numbers and category codes.
 * Row-major. Shapes never change; contents are overwritten by kernels.
 */
export interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
}

export type Dtype = 'real' | 'int32';

/** A batch of count rows inside an engine: the raw counts for the loss, and their transform for the encoder. Refilled for every batch. */
export interface CountsBatch {
  readonly capacity: number;
  readonly columns: number;
  /** Rows filled by the last `uploadCounts`. */
  readonly rows: number;
}

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Parameters of a group share learning rate and weight decay. */
  readonly group: string;
}

/** Named parameters with, when trainable, their gradients and Adam moments (all zero at first). */
export interface ParameterSet {
  readonly specs: readonly ParameterSpec[];
  readonly trainable: boolean;
  value(name: string): Tensor;
  /** Same shape as the value. Throws when the set is not trainable, as do the moments. */
  gradient(name: string): Tensor;
  firstMoment(name: string): Tensor;
  secondMoment(name: string): Tensor;
}

/** A key of the counter-based generator (Philox 4x32-10): two 32-bit words, made from a seed and a purpose by `@cfgen/math`. */
export interface RandomKey {
  readonly k0: number;
  readonly k1: number;
}
