import type { CountsBatch, ParameterSet, Tensor } from '../port/tensor';
import { DeviceCounts } from './counts';
import type { DeviceOperations } from './device';
import { checkDistinct, dimensionsOf, misuse, sameShape, shapeText } from '../port/contract';
import type { Operations, Value } from './operations';
import { DeviceParameters, DeviceTensor, type Home } from './storage';

/**
 * What the kernels work with: operations of the device, and checked arguments. Every check names the kernel, the argument and the shapes.
 */
export class KernelArguments {
  readonly tf: Operations;
  readonly own: DeviceOperations;

  constructor(readonly home: Home) {
    this.tf = home.device.operations;
    this.own = home.device.own;
  }

  /** Computes new contents of tensors; whatever else is made on the way is given back. */
  write(outputs: readonly DeviceTensor[], compute: () => Value[]): void {
    const values = this.tf.tidy(compute);
    outputs.forEach((output, i) => (output.value = values[i]));
  }

  /** Rows and columns of a two-dimensional tensor. */
  dimensions(kernel: string, argument: string, tensor: Tensor): readonly [rows: number, columns: number] {
    return dimensionsOf(kernel, argument, tensor);
  }

  /** A real tensor of exactly this shape. */
  real(kernel: string, argument: string, tensor: Tensor, shape: readonly number[]): DeviceTensor {
    if (!(tensor instanceof DeviceTensor) || tensor.home !== this.home) throw misuse(kernel, `${argument} is not a tensor of this engine`);
    if (tensor.dtype !== 'real') throw misuse(kernel, `${argument} is ${tensor.dtype}, must be real`);
    if (tensor.released) throw misuse(kernel, `${argument} was used after its release`);
    if (!sameShape(tensor.shape, shape)) {
      throw misuse(kernel, `${argument} has shape ${shapeText(tensor.shape)}, must have ${shapeText(shape)}`);
    }
    return tensor;
  }

  /** Row numbers or codes of exactly this length, all below `below` and not below `least` where these are given. */
  codes(kernel: string, argument: string, tensor: Tensor, length: number, below = Infinity, least = -Infinity): Int32Array {
    if (!(tensor instanceof DeviceTensor) || tensor.home !== this.home) throw misuse(kernel, `${argument} is not a tensor of this engine`);
    if (tensor.dtype !== 'int32') throw misuse(kernel, `${argument} is ${tensor.dtype}, must be int32`);
    if (tensor.released) throw misuse(kernel, `${argument} was used after its release`);
    if (tensor.shape.length !== 1 || tensor.size !== length) {
      throw misuse(kernel, `${argument} has shape ${shapeText(tensor.shape)}, must have ${shapeText([length])}`);
    }
    const { codes } = tensor;
    for (const code of codes) {
      if (code >= below) throw misuse(kernel, `${argument} holds ${code}, must be below ${below}`);
      if (code < least) throw misuse(kernel, `${argument} holds ${code}, must be at least ${least}`);
    }
    return codes;
  }

  counts(kernel: string, argument: string, batch: CountsBatch, rows = batch.rows, columns = batch.columns): DeviceCounts {
    if (!(batch instanceof DeviceCounts) || batch.home !== this.home)
      throw misuse(kernel, `${argument} is not a counts batch of this engine`);
    if (batch.released) throw misuse(kernel, `${argument} was used after its release`);
    if (batch.rows !== rows || batch.columns !== columns) {
      throw misuse(kernel, `${argument} holds ${shapeText([batch.rows, batch.columns])} counts, must hold ${shapeText([rows, columns])}`);
    }
    return batch;
  }

  parameters(kernel: string, argument: string, set: ParameterSet): DeviceParameters {
    if (!(set instanceof DeviceParameters) || set.home !== this.home)
      throw misuse(kernel, `${argument} is not a parameter set of this engine`);
    if (set.released) throw misuse(kernel, `${argument} was used after its release`);
    return set;
  }

  /** For outputs that are written while inputs are still read. */
  distinct(kernel: string, argument: string, tensor: Tensor, others: Readonly<Record<string, Tensor>>): void {
    checkDistinct(kernel, argument, tensor, others);
  }

  /** Numbers of the host as an array of the device, for one call. */
  floats(values: ArrayLike<number>, shape: readonly number[]): Value {
    return this.tf.tensor(new Float32Array(values), [...shape], 'float32');
  }

  int32(values: ArrayLike<number>): Value {
    return this.tf.tensor(new Int32Array(values), [values.length], 'int32');
  }

  /** [B, C] with a 1 in the column of each row's code; none for a negative code. */
  oneHot(codes: Int32Array, categories: number): Value {
    const hot = new Float32Array(codes.length * categories);
    codes.forEach((code, row) => {
      if (code >= 0) hot[row * categories + code] = 1;
    });
    return this.tf.tensor(hot, [codes.length, categories], 'float32');
  }
}
