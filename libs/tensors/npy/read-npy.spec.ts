import fc from 'fast-check';
import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { readNpy } from './read-npy';

function npy(header: string, data: Uint8Array, version: 1 | 2 = 1): Uint8Array {
  const text = Buffer.from(header, 'latin1');
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([prefix, length, text, data]);
}

const six = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

describe('readNpy', () => {
  it.each([1, 2] as const)('reads format %i.0', (version) => {
    const array = readNpy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n", six, version));
    expect(array).toEqual({ dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  });

  it('reads one axis and a scalar', () => {
    expect(readNpy(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }\n", six)).shape).toEqual([6]);
    expect(readNpy(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n", new Uint8Array(BigInt64Array.of(-5n).buffer)))).toEqual(
      {
        dtype: 'I64',
        shape: [],
        data: BigInt64Array.of(-5n),
      },
    );
  });

  it.each([
    ['big-endian', "{'descr': '>f4', 'fortran_order': False, 'shape': (6,), }\n"],
    ['Fortran order', "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n"],
    ['text', "{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }\n"],
    ['records', "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }\n"],
  ])('says that %s is not read', (_what, header) => {
    expect(() => readNpy(npy(header, six))).toThrow(expect.objectContaining({ code: 'INPUT_UNSUPPORTED' }));
  });

  it('refuses data that does not fit the shape, and damaged bytes, with a CfgenError', () => {
    const good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", six);
    expect(() => readNpy(good.subarray(0, -1))).toThrow(/23 bytes.*24/);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, end) => {
        const bytes = new Uint8Array(good);
        bytes[at] = value;
        try {
          readNpy(bytes.subarray(0, end));
        } catch (error) {
          expect(error).toBeInstanceOf(CfgenError);
        }
      }),
    );
  });
});
