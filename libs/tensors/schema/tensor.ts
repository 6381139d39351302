import { CfgenError } from '@cfgen/contracts';
import type { DType, TensorData } from './dtype';
import { arrayTypeOf, bytesPerElement, isDType } from './dtype';

/** What a tensor is, without its numbers. */
export interface TensorSpec {
  /** Unique in its file, e.g. `decoder.layers.0.weight`. */
  readonly name: string;
  readonly dtype: DType;
  /** Lengths of the axes; `[]` is a scalar, an axis may have length 0. Row-major (C) order. */
  readonly shape: readonly number[];
  /** What each axis counts, e.g. `['cell', 'latent']`; as long as `shape` where given. */
  readonly axes?: readonly string[];
}

/** A tensor in memory. `data` has as many elements as `shape` says; for F16 and BF16 (only ever read) it is a Float32Array. */
export interface Tensor extends TensorSpec {
  readonly data: TensorData;
}

/** Number of elements: the product of the axis lengths, 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Bytes the elements take in a file. */
export function byteCount(spec: Pick<TensorSpec, 'dtype' | 'shape'>): number {
  return elementCount(spec.shape) * bytesPerElement(spec.dtype);
}

/**
 * Checks name, dtype, shape and axes of a tensor that is about to be written.
 * @throws CfgenError REQUEST_INVALID that names the tensor and the field.
 */
export function checkTensorSpec(spec: TensorSpec): void {
  const problem = specProblem(spec);
  if (problem !== undefined) {
    throw new CfgenError('REQUEST_INVALID', `Tensor ${JSON.stringify(spec.name)}: ${problem}.`, { details: { tensor: spec.name } });
  }
}

/**
 * Checks that a tensor can be written: its specification, and that `data` is of the right kind and length.
 * @throws CfgenError REQUEST_INVALID that names the tensor and the field.
 */
export function checkTensor(tensor: Tensor): void {
  checkTensorSpec(tensor);
  const { name, dtype, shape, data } = tensor;
  const expected = arrayTypeOf(dtype);
  const refuse = (problem: string): never => {
    throw new CfgenError('REQUEST_INVALID', `Tensor ${JSON.stringify(name)}: ${problem}.`, { details: { tensor: name } });
  };
  if (expected === undefined || !(data instanceof expected)) {
    refuse(
      `dtype ${dtype} needs data in a ${expected?.name ?? 'form that can only be read'}, not a ${Object.prototype.toString.call(data).slice(8, -1)}`,
    );
  }
  if (data.length !== elementCount(shape)) {
    refuse(`shape [${shape.join(', ')}] has ${elementCount(shape)} elements but data has ${data.length}`);
  }
  if (dtype === 'BOOL') {
    const bad = (data as Uint8Array).findIndex((value) => value > 1);
    if (bad !== -1) refuse(`element ${bad} of a BOOL tensor is ${data[bad]}, not 0 or 1`);
  }
}

/** First thing wrong with a specification, or undefined. */
export function specProblem(spec: TensorSpec): string | undefined {
  if (typeof spec.name !== 'string') return 'the name is not a string';
  if (spec.name === '__metadata__') return 'the name __metadata__ is taken by the format';
  if (!isWellFormed(spec.name)) return 'the name is not valid Unicode';
  if (!isDType(spec.dtype)) return `dtype is ${JSON.stringify(spec.dtype)}, which is not known`;
  const shapeIssue = shapeProblem(spec.shape, spec.dtype);
  if (shapeIssue !== undefined) return shapeIssue;
  return spec.axes === undefined ? undefined : axesProblem(spec.axes, spec.shape);
}

/** First thing wrong with a shape, or undefined. Lengths are whole numbers from 0 and the bytes stay a safe integer. */
export function shapeProblem(shape: unknown, dtype: DType): string | undefined {
  if (!Array.isArray(shape)) return 'shape is not a list';
  const bad: unknown = shape.find((length) => !Number.isSafeInteger(length) || (length as number) < 0);
  if (bad !== undefined) return `shape holds ${JSON.stringify(bad)}, which is not a whole number from 0`;
  // Two big axes beside a zero: the product is 0 whatever the order, so zero axes are looked for first.
  const lengths = shape as number[];
  if (!lengths.includes(0) && !Number.isSafeInteger(elementCount(lengths) * bytesPerElement(dtype))) {
    return `shape [${lengths.join(', ')}] is larger than any file`;
  }
  return undefined;
}

/** First thing wrong with axis names, or undefined. */
export function axesProblem(axes: unknown, shape: readonly number[]): string | undefined {
  if (!Array.isArray(axes) || !axes.every((axis) => typeof axis === 'string' && axis !== '' && isWellFormed(axis))) {
    return 'axes is not a list of names';
  }
  return axes.length === shape.length ? undefined : `${axes.length} axis names for ${shape.length} axes`;
}

/** True unless the string holds half of a surrogate pair, which UTF-8 cannot carry. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
