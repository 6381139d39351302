import { CfgenError } from '@cfgen/contracts';
import type { Tensor } from './tensor';

/** A call that breaks the contract of the port: a mistake in the calling code, never in a user's input. */
export function misuse(call: string, what: string): CfgenError {
  return new CfgenError('INTERNAL', `${call}: ${what}`);
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Number of elements. @throws CfgenError INTERNAL for lengths that are not whole numbers */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) throw misuse('tensor', `shape ${shapeText(shape)} holds ${length}`);
    size *= length;
  }
  return size;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/** Rows and columns of a two-dimensional tensor. */
export function dimensionsOf(kernel: string, argument: string, { shape }: Tensor): readonly [rows: number, columns: number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw misuse(kernel, `${argument} has shape ${shapeText(shape)}, must have two dimensions`);
  }
  return [rows, columns];
}

/** For outputs that are written while inputs are still read. */
export function checkDistinct(kernel: string, argument: string, tensor: Tensor, others: Readonly<Record<string, Tensor>>): void {
  for (const [name, other] of Object.entries(others)) {
    if (other === tensor) throw misuse(kernel, `${argument} must not be ${name}`);
  }
}

/** Values from an offset on have to lie within a tensor. */
export function checkUpload(size: number, values: ArrayLike<number>, offset: number): void {
  if (!Number.isInteger(offset) || offset < 0 || offset + values.length > size) {
    throw misuse('upload', `${values.length} values from offset ${offset} on do not fit a tensor of ${size} elements`);
  }
}

export function checkDownload(size: number, start: number, end: number): void {
  if (!(start >= 0 && start <= end && end <= size)) {
    throw misuse('download', `elements ${start} .. ${end} do not lie in a tensor of ${size} elements`);
  }
}
