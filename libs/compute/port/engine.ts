import type { SparseRows } from '@cfgen/tensors';
import type { Kernels } from './kernels';
import type { CountsBatch, Dtype, ParameterSet, ParameterSpec, Tensor } from './tensor';

export type EngineName = 'reference' | 'wasm' | 'native' | 'tensorflow';

/** Numbers read from an engine: float32 engines answer Float32Array, the reference engine Float64Array. */
export type RealArray = Float32Array | Float64Array;

/**
 * Where the model computes. Kernels are called one after the other and take effect in that order; only `download` and the draws wait.
 * One owner: an engine is not shared by two trainings at once.
 */
export interface Engine extends Kernels {
  /** For people and records. An engine that rounds factors of products goes by a name of its own: its numbers are others. */
  readonly name: EngineName | 'native-mixed';
  readonly threads: number;
  /**
   * How rows of a result keep the promise that they do not depend on the rows beside them: `same` bits (the default), or `close`, within
   * rounding, where a library orders sums by the shape of the whole. With `close`, cutting work into other chunks may change last digits.
   */
  readonly rows?: 'same' | 'close';
  /** One line for people: engine, vector width, threads. */
  describe(): string;

  /** A tensor of zeros. */
  tensor(shape: readonly number[], dtype?: Dtype): Tensor;
  /** Overwrites `values.length` elements from `offset` on. */
  upload(tensor: Tensor, values: ArrayLike<number>, offset?: number): void;
  /** A copy of elements start .. end (default all). */
  download(tensor: Tensor, start?: number, end?: number): Promise<RealArray>;
  release(...tensors: readonly Tensor[]): void;

  /** Room for batches of up to `capacity` rows. */
  countsBatch(capacity: number, columns: number): CountsBatch;
  uploadCounts(batch: CountsBatch, rows: SparseRows): void;
  releaseCounts(batch: CountsBatch): void;

  /** Values (and gradients, moments when trainable) of zero. */
  parameters(specs: readonly ParameterSpec[], options?: { trainable?: boolean }): ParameterSet;
  releaseParameters(set: ParameterSet): void;

  /** Bytes now held by tensors, batches and parameter sets: what leak checks look at. */
  allocatedBytes(): number;
  /** Stops worker threads and frees everything. The engine is unusable afterwards. */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Threads to compute with, the calling one included. Default: all processors. */
  readonly threads?: number;
  /** `mixed`: factors of products are rounded to bfloat16 where `gemm` says, sums stay float32. Default `full`. */
  readonly precision?: Precision;
}

export type Precision = 'full' | 'mixed';
