import type { CountsBatch, Dtype, ParameterSet, Tensor } from '../port/tensor';
import type { KernelExports, Pointer } from './kernel-exports';
import { checkDistinct, dimensionsOf, misuse, sameShape, shapeText } from '../port/contract';
import { CompiledCounts, CompiledParameters, CompiledTensor, type Home } from './storage';

/** Room for coefficient lists and other small tables that a call brings along. */
const tableBytes = 4096;

/**
 * What the kernel wrappers work with: the compiled kernels, checked addresses of arguments, and scratch memory.
 * Every check names the kernel, the argument and the shapes.
 */
export class KernelArguments {
  readonly exports: KernelExports;
  /** Address of a table of `tableBytes` bytes, for one call. */
  readonly table: Pointer;
  #workspace: Pointer = 0;
  #workspaceBytes = 0;

  constructor(readonly home: Home) {
    this.exports = home.exports;
    this.table = home.arena.allocate(tableBytes);
  }

  /** Scratch memory of at least this many bytes; what was in it is lost with the next call. */
  workspace(bytes: number): Pointer {
    if (bytes === 0) return 0;
    if (bytes > this.#workspaceBytes) {
      if (this.#workspace !== 0) this.home.arena.free(this.#workspace);
      this.#workspaceBytes = 0;
      this.#workspace = this.home.arena.allocate(bytes);
      this.#workspaceBytes = bytes;
    }
    return this.#workspace;
  }

  /** Rows and columns of a two-dimensional tensor. */
  dimensions(kernel: string, argument: string, tensor: Tensor): readonly [rows: number, columns: number] {
    return dimensionsOf(kernel, argument, tensor);
  }

  /** Length of a one-dimensional tensor. */
  length(kernel: string, argument: string, tensor: Tensor): number {
    const [length] = tensor.shape;
    if (tensor.shape.length !== 1 || length === undefined) {
      throw misuse(kernel, `${argument} has shape ${shapeText(tensor.shape)}, must have one dimension`);
    }
    return length;
  }

  /** Address of a real tensor of shape [rows, columns]. */
  matrix(kernel: string, argument: string, tensor: Tensor, rows: number, columns: number): Pointer {
    const own = this.tensor(kernel, argument, tensor, 'real');
    const { shape } = own;
    if (shape.length !== 2 || shape[0] !== rows || shape[1] !== columns) throw wrongShape(kernel, argument, tensor, [rows, columns]);
    return own.pointer;
  }

  /** Address of a tensor of shape [length]. */
  vector(kernel: string, argument: string, tensor: Tensor, length: number, dtype: Dtype = 'real'): Pointer {
    const own = this.tensor(kernel, argument, tensor, dtype);
    if (own.shape.length !== 1 || own.shape[0] !== length) throw wrongShape(kernel, argument, tensor, [length]);
    return own.pointer;
  }

  /** Address of a real tensor of the same shape as another. */
  like(kernel: string, argument: string, tensor: Tensor, model: Tensor): Pointer {
    const own = this.tensor(kernel, argument, tensor, 'real');
    const { shape } = own;
    if (!sameShape(shape, model.shape)) {
      throw wrongShape(kernel, argument, tensor, model.shape);
    }
    return own.pointer;
  }

  /** Address of row numbers that all lie below `rows` (and not below `least`). */
  rowNumbers(kernel: string, argument: string, tensor: Tensor, length: number, rows: number, least?: number): Pointer {
    const pointer = this.vector(kernel, argument, tensor, length, 'int32');
    const largest = this.exports.largest_row(pointer, length);
    if (length > 0 && largest >= rows) throw misuse(kernel, `${argument} holds ${largest}, must be below ${rows}`);
    if (least !== undefined && length > 0) {
      const smallest = this.exports.smallest_row(pointer, length);
      if (smallest < least) throw misuse(kernel, `${argument} holds ${smallest}, must be at least ${least}`);
    }
    return pointer;
  }

  tensor(kernel: string, argument: string, tensor: Tensor, dtype: Dtype): CompiledTensor {
    if (!(tensor instanceof CompiledTensor) || tensor.home !== this.home)
      throw misuse(kernel, `${argument} is not a tensor of this engine`);
    if (tensor.dtype !== dtype) throw misuse(kernel, `${argument} is ${tensor.dtype}, must be ${dtype}`);
    if (tensor.pointer === 0) throw misuse(kernel, `${argument} was used after its release`);
    return tensor;
  }

  counts(kernel: string, argument: string, batch: CountsBatch, rows: number, columns: number): CompiledCounts {
    if (!(batch instanceof CompiledCounts) || batch.home !== this.home)
      throw misuse(kernel, `${argument} is not a counts batch of this engine`);
    if (batch.indptr === 0) throw misuse(kernel, `${argument} was used after its release`);
    if (batch.rows !== rows || batch.columns !== columns) {
      throw misuse(kernel, `${argument} holds ${shapeText([batch.rows, batch.columns])} counts, must hold ${shapeText([rows, columns])}`);
    }
    return batch;
  }

  parameters(kernel: string, argument: string, set: ParameterSet): CompiledParameters {
    if (!(set instanceof CompiledParameters) || set.home !== this.home)
      throw misuse(kernel, `${argument} is not a parameter set of this engine`);
    if (set.buffers[0] === 0) throw misuse(kernel, `${argument} was used after its release`);
    return set;
  }

  /** For outputs that are written while inputs are still read. */
  distinct(kernel: string, argument: string, tensor: Tensor, others: Readonly<Record<string, Tensor>>): void {
    checkDistinct(kernel, argument, tensor, others);
  }
}

function wrongShape(kernel: string, argument: string, tensor: Tensor, wanted: readonly number[]): Error {
  return misuse(kernel, `${argument} has shape ${shapeText(tensor.shape)}, must have ${shapeText(wanted)}`);
}

/** A whole number below 2^53 as two 32-bit words. */
export function wordsOf(value: number): readonly [low: number, high: number] {
  return [value >>> 0, Math.floor(value / 2 ** 32) >>> 0];
}
