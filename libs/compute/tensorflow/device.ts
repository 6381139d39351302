import type { Operations, Value } from './operations';

/** Where TensorFlow.js computes here: a package with its backend. */
export type DeviceKind = 'node-gpu' | 'webgpu' | 'node';

/** An Adam step of TensorFlow on one variable; see `native-operations.ts`. */
export interface AdamStep {
  readonly variable: Value;
  readonly firstMoment: Value;
  readonly secondMoment: Value;
  readonly gradient: Value;
  /** Scalars: learning rate with both bias corrections in it, beta1, beta2, epsilon; and a scalar 0. */
  readonly rate: Value;
  readonly beta1: Value;
  readonly beta2: Value;
  readonly epsilon: Value;
  readonly zero: Value;
}

/** Variables of TensorFlow, which its fused Adam step changes in place. Absent where a step is composed of ordinary operations. */
export interface Variables {
  /** A handle; it holds nothing until the first `assign`. */
  create(shape: readonly number[]): Value;
  assign(handle: Value, value: Value): void;
  read(handle: Value): Value;
  destroy(handle: Value): void;
  applyAdam(step: AdamStep): void;
}

/** What differs between the backends: an operation of theirs where it is exact and quick, else one composed of others. */
export interface DeviceOperations {
  /** ln(1 + x), x > -1, right to a few units in the last place also for small x. */
  log1p(x: Value): Value;
  /** exp(x) - 1, right to a few units in the last place also for small x. */
  expm1(x: Value): Value;
  /** sin and cos of 2 pi times `turns x`; x about 1 or smaller, turns a row vector. */
  waves(x: Value, turns: readonly number[]): { sin: Value; cos: Value };
  /** Sums of the rows of a matrix [B, G], as [B, 1], to five digits also for a million columns. */
  rowSums(x: Value): Value;
  /** `x[indices]` along the first dimension; indices are known to lie inside. */
  gather(x: Value, indices: Value): Value;
  readonly variables?: Variables;
}

export interface Device {
  readonly kind: DeviceKind;
  /** Name of its backend in TensorFlow.js. */
  readonly backend: string;
  readonly operations: Operations;
  readonly own: DeviceOperations;
  /** Whether a GPU does the work; false for TensorFlow on processors and for WebGPU in software. */
  readonly gpu: boolean;
  /** Package, library and device, for people. */
  readonly description: string;
  /** What went wrong on a device that reports errors after the call, such as a lack of memory; asked before numbers are given out. */
  readonly failure?: () => string | undefined;
}
