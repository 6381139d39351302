/**
 * Element types of a tensor, named as the safetensors format names them, in the order the format sorts them
 * (https://github.com/huggingface/safetensors). F16 and BF16 can be read (widened to float32), not written.
 */
export const dtypes = ['BOOL', 'U8', 'I8', 'I16', 'U16', 'F16', 'BF16', 'I32', 'U32', 'F32', 'F64', 'I64', 'U64'] as const;

export type DType = (typeof dtypes)[number];

/** What holds the elements of a tensor in memory; BOOL is one byte an element, 0 or 1. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type TensorDataConstructor = { new (buffer: ArrayBuffer, byteOffset: number, length: number): TensorData };

interface DTypeLayout {
  /** Bytes an element takes in a file. */
  readonly bytes: number;
  /** Array that holds the elements in memory; undefined where the file's bits have to be widened. */
  readonly array: TensorDataConstructor | undefined;
}

const layouts: Readonly<Record<DType, DTypeLayout>> = {
  BOOL: { bytes: 1, array: Uint8Array },
  U8: { bytes: 1, array: Uint8Array },
  I8: { bytes: 1, array: Int8Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  F16: { bytes: 2, array: undefined },
  BF16: { bytes: 2, array: undefined },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  F32: { bytes: 4, array: Float32Array },
  F64: { bytes: 8, array: Float64Array },
  I64: { bytes: 8, array: BigInt64Array },
  U64: { bytes: 8, array: BigUint64Array },
};

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(layouts, value);
}

/** Bytes one element of `dtype` takes in a file. */
export function bytesPerElement(dtype: DType): number {
  return layouts[dtype].bytes;
}

/** The array type that holds `dtype` in memory and can be written as it is; undefined for F16 and BF16, which are read only. */
export function arrayTypeOf(dtype: DType): TensorDataConstructor | undefined {
  return layouts[dtype].array;
}

/**
 * The elements stored little-endian in `bytes`, in an array of their own (never a view of `bytes`).
 * F16 and BF16 come back as float32, which holds every value of both exactly; a BOOL that is not 0 comes back as 1.
 */
export function elementsFromBytes(dtype: DType, bytes: Uint8Array): TensorData {
  return takeElements(dtype, new Uint8Array(bytes));
}

/** As `elementsFromBytes`, without the copy where the elements lie as they must: the result may be a view of `bytes`, which becomes its own. */
export function takeElements(dtype: DType, bytes: Uint8Array): TensorData {
  const { array, bytes: size } = layouts[dtype];
  const { buffer, byteOffset } = bytes;
  if (byteOffset % size !== 0 || !(buffer instanceof ArrayBuffer)) return elementsFromBytes(dtype, bytes);
  if (dtype === 'BOOL') return Uint8Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
  const length = bytes.byteLength / size;
  if (array !== undefined) return new array(buffer, byteOffset, length);
  const bits = new Uint16Array(buffer, byteOffset, length);
  return dtype === 'F16' ? Float32Array.from(bits, float16ToNumber) : bfloat16ToFloat32(bits);
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const words = Uint32Array.from(bits, (half) => half << 16);
  return new Float32Array(words.buffer);
}
