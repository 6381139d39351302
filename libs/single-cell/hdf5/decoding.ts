import type { Hdf5Metadata } from './hdf5-library';

/** Numbers as read from a file. 64-bit integers become float64 (exact up to 2^53), half floats float32. */
export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export interface DecodedStrings {
  readonly values: string[];
  /** How many of them were not valid UTF-8 and hold replacement characters now. */
  readonly invalid: number;
}

/** Longest string accepted, bytes: names and labels are short, a damaged length is not. */
const longestString = 1 << 20;

/** @param bytes little-endian elements, as h5wasm hands them out whatever the stored byte order */
export function decodeNumbers(bytes: Uint8Array, metadata: Hdf5Metadata): Numbers {
  const { size, signed } = metadata;
  const buffer = bytes.buffer as ArrayBuffer;
  const length = bytes.length / size;
  if (metadata.type === 1) {
    if (size === 4) return new Float32Array(buffer);
    if (size === 8) return new Float64Array(buffer);
    if (size === 2) return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    throw new Error(`floating-point numbers of ${size} bytes are not supported`);
  }
  if (size === 1) return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (size === 2) return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
  if (size === 4) return signed ? new Int32Array(buffer) : new Uint32Array(buffer);
  if (size !== 8) throw new Error(`integers of ${size} bytes are not supported`);
  const low = new Uint32Array(buffer);
  const high = new Int32Array(buffer);
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const top = high[2 * i + 1];
    values[i] = (signed ? top : top >>> 0) * 4294967296 + low[2 * i];
  }
  return values;
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Strings that start at `pointer` in the WebAssembly memory: pointers to null-terminated text (variable length) or fixed-length text.
 * Padding (null or space, as the type says) is removed.
 */
export function decodeStrings(heap: Uint8Array, pointer: number, metadata: Hdf5Metadata, length: number): DecodedStrings {
  const memory = Buffer.from(heap.buffer, heap.byteOffset, heap.length);
  const values = new Array<string>(length);
  let invalid = 0;
  for (let i = 0; i < length; i++) {
    let start = pointer + i * metadata.size;
    let end = start + metadata.size;
    if (metadata.vlen) {
      start = memory.readUInt32LE(start);
      if (start === 0) {
        values[i] = '';
        continue;
      }
      if (start >= memory.length) throw new Error('a string lies outside the memory read');
      end = memory.indexOf(0, start);
      if (end < 0 || end - start > longestString) throw new Error('a string has no end');
    } else {
      const zero = memory.subarray(start, end).indexOf(0);
      if (zero >= 0) end = start + zero;
      else if (metadata.strpad === 2) while (end > start && memory[end - 1] === 32) end--;
    }
    const text = memory.toString('utf8', start, end);
    if (text.includes('\uFFFD') && !memory.subarray(start, end).includes(Buffer.from('\uFFFD'))) invalid++;
    values[i] = text;
  }
  return { values, invalid };
}
