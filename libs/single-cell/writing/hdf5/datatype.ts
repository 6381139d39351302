import type { ElementType } from '../array-store';
import { FieldWriter } from './little-endian';

/** Element types of the file; booleans are h5py's enumeration. */
export type Hdf5Type = ElementType;

/** A string element is a length, the address of a heap collection and a number in it. */
export const stringReferenceBytes = 16;

export function elementBytes(type: Hdf5Type): number {
  if (type.kind === 'boolean') return 1;
  return type.kind === 'string' ? stringReferenceBytes : type.bytes;
}

/**
 * The datatype message, version 1 (HDF5 File Format Specification 3.0, IV.A.2.d,
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).
 */
export function datatypeMessage(type: Hdf5Type): Buffer {
  switch (type.kind) {
    case 'integer':
      return classAndSize(0, [type.signed ? 8 : 0, 0, 0], type.bytes)
        .u16(0)
        .u16(type.bytes * 8)
        .finish();
    case 'float':
      return floatMessage(type.bytes);
    case 'boolean':
      // Two members over a signed byte; names are padded to 8 bytes.
      return classAndSize(8, [2, 0, 0], 1)
        .bytes(datatypeMessage({ kind: 'integer', bytes: 1, signed: true }))
        .ascii('FALSE\0\0\0')
        .ascii('TRUE\0\0\0\0')
        .u8(0, 1)
        .finish();
    case 'string':
      // Variable-length, of class string (1), null-terminated, UTF-8, over unsigned bytes.
      return classAndSize(9, [1, 1, 0], stringReferenceBytes)
        .bytes(datatypeMessage({ kind: 'integer', bytes: 1, signed: false }))
        .finish();
  }
}

function classAndSize(typeClass: number, bits: readonly [number, number, number], size: number): FieldWriter {
  return new FieldWriter().u8(0x10 | typeClass, ...bits).u32(size);
}

/** IEEE 754: implied leading bit of the mantissa, sign in the highest bit. */
function floatMessage(bytes: 4 | 8): Buffer {
  const [exponentAt, exponentBits, bias] = bytes === 4 ? [23, 8, 127] : [52, 11, 1023];
  return classAndSize(1, [0x20, bytes * 8 - 1, 0], bytes)
    .u16(0)
    .u16(bytes * 8)
    .u8(exponentAt, exponentBits, 0, exponentAt)
    .u32(bias)
    .finish();
}
