import { NamedParameters } from '../port/named-parameters';
import type { Dtype, ParameterSpec, Tensor } from '../port/tensor';
import type { Device } from './device';
import { misuse, sizeOf } from '../port/contract';
import type { Value } from './operations';

/** One engine's device with the account of what its storages hold. */
export interface Home {
  readonly device: Device;
  bytes: number;
}

export type HostNumbers = Float32Array | Int32Array;

/**
 * Numbers of one tensor. Arrays on the device never change: a kernel puts a new one in place of the old. What is uploaded waits on the host
 * until a kernel reads it, so that many small uploads make one transfer; row numbers and category codes (int32) stay on the host, where
 * they are checked, and go to the device with the call that uses them.
 */
export class DeviceTensor implements Tensor {
  readonly size: number;
  /** The whole content where the host has it; else it is on the device. */
  #host: HostNumbers | undefined;
  #value: Value | undefined;
  /** A variable of TensorFlow, made at the first optimiser step; `#inVariable` tells whether the content is there. */
  #variable: Value | undefined;
  #inVariable = false;
  #released = false;

  constructor(
    readonly home: Home,
    readonly shape: readonly number[],
    readonly dtype: Dtype,
    readonly owner?: string,
  ) {
    this.size = sizeOf(shape);
    home.bytes += this.size * 4;
  }

  get released(): boolean {
    return this.#released;
  }

  /** The array of a real tensor on the device. */
  get value(): Value {
    const { operations: tf, own } = this.home.device;
    if (this.#value !== undefined) return this.#value;
    if (this.#inVariable && this.#variable !== undefined && own.variables !== undefined) {
      this.#value = tf.keep(own.variables.read(this.#variable));
    } else if (this.#host !== undefined) {
      this.#value = tf.keep(tf.tensor(this.#host, [...this.shape], 'float32'));
      this.#host = undefined;
    } else {
      this.#value = tf.keep(tf.zeros([...this.shape]));
    }
    return this.#value;
  }

  /** Row numbers or category codes. */
  get codes(): Int32Array {
    this.#host ??= new Int32Array(this.size);
    return this.#host as Int32Array;
  }

  /** Puts a kernel's result in place of the content. */
  set value(value: Value) {
    this.#drop();
    this.#value = value;
  }

  upload(values: ArrayLike<number>, offset: number): void {
    if (values.length === 0) return;
    if (values.length === this.size) {
      this.#drop();
      this.#host = this.dtype === 'real' ? new Float32Array(values) : new Int32Array(values);
      return;
    }
    if (this.#value === undefined && !this.#inVariable) {
      this.#host ??= this.dtype === 'real' ? new Float32Array(this.size) : new Int32Array(this.size);
      this.#host.set(values, offset);
      return;
    }
    const { operations: tf } = this.home.device;
    const flat = tf.tidy(() => {
      const old = tf.reshape(this.value, [this.size]);
      const end = offset + values.length;
      const parts = [tf.tensor(new Float32Array(values), [values.length], 'float32')];
      if (offset > 0) parts.unshift(tf.slice(old, [0], [offset]));
      if (end < this.size) parts.push(tf.slice(old, [end], [this.size - end]));
      return tf.reshape(tf.concat(parts, 0), [...this.shape]);
    });
    this.value = flat;
  }

  async download(start: number, end: number): Promise<HostNumbers> {
    if (end === start) return new Float32Array(0);
    if (this.#host !== undefined) return this.#host.slice(start, end);
    if (this.#value === undefined && !this.#inVariable) return new Float32Array(end - start);
    const { operations: tf } = this.home.device;
    if (start === 0 && end === this.size) return ((await this.value.data()) as Float32Array).slice();
    const part = tf.tidy(() => tf.slice(tf.reshape(this.value, [this.size]), [start], [end - start]));
    const numbers = ((await part.data()) as Float32Array).slice();
    part.dispose();
    return numbers;
  }

  /** Lends the content as a variable that an optimiser step may change; only where the device has variables. */
  asVariable(): Value {
    const { operations: tf, own } = this.home.device;
    if (own.variables === undefined) throw misuse('adamw', 'this device has no variables');
    this.#variable ??= tf.keep(own.variables.create(this.shape));
    if (!this.#inVariable) own.variables.assign(this.#variable, this.value);
    // A second holder of the content would make the step copy it first.
    this.#value?.dispose();
    this.#value = undefined;
    this.#host = undefined;
    this.#inVariable = true;
    return this.#variable;
  }

  release(): void {
    if (this.#released) return;
    this.#drop();
    if (this.#variable !== undefined) this.home.device.own.variables?.destroy(this.#variable);
    this.#variable = undefined;
    this.#released = true;
    this.home.bytes -= this.size * 4;
  }

  #drop(): void {
    this.#value?.dispose();
    this.#value = undefined;
    this.#host = undefined;
    this.#inVariable = false;
  }
}

export class DeviceParameters extends NamedParameters<DeviceTensor> {
  released = false;

  constructor(
    readonly home: Home,
    specs: readonly ParameterSpec[],
    trainable: boolean,
  ) {
    super(specs, trainable);
    for (const { name, shape } of specs) {
      const zeros = () => new DeviceTensor(home, [...shape], 'real', 'a parameter set');
      const whenTrainable = () => (trainable ? zeros() : undefined);
      this.add(name, { value: zeros(), gradient: whenTrainable(), firstMoment: whenTrainable(), secondMoment: whenTrainable() });
    }
  }

  release(): void {
    for (const tensor of this.tensors()) tensor.release();
    this.released = true;
  }
}
