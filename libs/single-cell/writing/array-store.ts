/** Typed arrays that can be written as they are. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Element types an AnnData file needs. Numbers are little-endian; strings are UTF-8 of any length. */
export type ElementType =
  | { readonly kind: 'integer'; readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bytes: 4 | 8 }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'string' };

/** Element types that a growing array may have. */
export type NumberType = Extract<ElementType, { readonly kind: 'integer' | 'float' }>;

/** Value of an attribute: text, a list of texts, a truth value, a whole number or a list of 64-bit whole numbers. */
export type AttributeValue = string | readonly string[] | boolean | number | BigInt64Array;

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** An array that grows along its first axis. The sizes of the pieces it is given leave no trace in what is written. */
export interface GrowingArray {
  /** Elements appended so far. */
  readonly elements: number;
  /** Elements that fit before the chunk at hand is full; at least 1. */
  readonly room: number;
  /** Appends elements, row-major, as the bytes of a little-endian array; they are copied. */
  append(bytes: Uint8Array): Promise<void>;
  /** Ends the array: nothing can be appended any more. */
  complete(): Promise<void>;
}

/**
 * Named arrays in a tree of groups, being written: one HDF5 file, one Zarr store. Paths are absolute, without a leading slash (`obs/_index`);
 * `''` is the root. Groups above an array come into being with it; their attributes may come later. Calls must not overlap.
 */
export interface ArrayStore {
  /** Gives a group its attributes, and makes it if it is not there. */
  group(path: string, attributes: Attributes): void;
  /** Begins an array that grows along its first axis; `rest` are the lengths of the others. */
  growing(path: string, type: NumberType, rest?: readonly number[], attributes?: Attributes): GrowingArray;
  /** Writes numbers; `shape` `[]` is a scalar. */
  numbers(path: string, values: NumericArray, shape: readonly number[], attributes: Attributes): Promise<void>;
  /** Writes truth values, 0 or 1 a byte. */
  booleans(path: string, values: Uint8Array, shape: readonly number[], attributes: Attributes): Promise<void>;
  /** Writes UTF-8 strings. */
  strings(path: string, values: readonly string[], shape: readonly number[], attributes: Attributes): Promise<void>;
  /** Makes everything valid, closes it and gives it its name. */
  finish(): Promise<void>;
  /** Removes what was written; nothing happens after `finish` or a second time. */
  discard(): void;
}

/** The element type of a typed array. */
export function typeOfArray(values: NumericArray): NumberType {
  if (values instanceof Float32Array || values instanceof Float64Array)
    return { kind: 'float', bytes: values instanceof Float32Array ? 4 : 8 };
  const signed =
    values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array || values instanceof BigInt64Array;
  return { kind: 'integer', bytes: values.BYTES_PER_ELEMENT as 1 | 2 | 4 | 8, signed };
}

/** The bytes of a typed array, not copied. */
export function bytesOf(values: NumericArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A path one name longer. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
