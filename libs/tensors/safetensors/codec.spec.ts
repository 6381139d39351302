import fc from 'fast-check';
import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { dtypes, type DType, type TensorData } from '../schema/dtype';
import { elementCount, type Tensor } from '../schema/tensor';
import { decodeSafetensors, encodeSafetensors, takeSafetensors } from './codec';

const writable = dtypes.filter((dtype) => dtype !== 'F16' && dtype !== 'BF16');

function elements(dtype: DType, length: number): fc.Arbitrary<TensorData> {
  const size = { minLength: length, maxLength: length };
  switch (dtype) {
    case 'BOOL':
      return fc.uint8Array({ ...size, max: 1 });
    case 'U8':
      return fc.uint8Array(size);
    case 'I8':
      return fc.int8Array(size);
    case 'I16':
      return fc.int16Array(size);
    case 'U16':
      return fc.uint16Array(size);
    case 'I32':
      return fc.int32Array(size);
    case 'U32':
      return fc.uint32Array(size);
    case 'F32':
      return fc.float32Array(size);
    case 'F64':
      return fc.float64Array(size);
    case 'I64':
      return fc.bigInt64Array(size);
    case 'U64':
      return fc.bigUint64Array(size);
    default:
      throw new Error(`${dtype} is not written`);
  }
}

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    name: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('0', '10', '__proto__', 'toString', 'a"b\\c', 'weight')),
    dtype: fc.constantFrom(...writable),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    named: fc.boolean(),
  })
  .filter(({ name }) => name !== '__metadata__')
  .chain(({ name, dtype, shape, named }) =>
    elements(dtype, elementCount(shape)).map((data) => ({
      name,
      dtype,
      shape,
      ...(named ? { axes: shape.map((_, at) => `axis ${at}`) } : {}),
      data,
    })),
  );

const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
const metadata = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 4, noNullPrototype: true });

const byName = (list: readonly Tensor[]): Tensor[] => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('safetensors codec', () => {
  it('gives back every tensor, its axes and the metadata', () => {
    fc.assert(
      fc.property(tensors, metadata, (list, notes) => {
        const content = decodeSafetensors(encodeSafetensors(list, notes));
        expect(byName(content.tensors)).toEqual(byName(list));
        expect(Object.entries(content.metadata).sort()).toEqual(Object.entries(notes).sort());
      }),
    );
  });

  it('writes the same bytes in whatever order the tensors come', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        expect(encodeSafetensors([...list].reverse())).toEqual(encodeSafetensors(list));
      }),
    );
  });

  it('refuses damaged bytes with a CfgenError and nothing else', () => {
    const mutation = fc.record({ at: fc.nat(), value: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(tensors, fc.array(mutation, { minLength: 1, maxLength: 4 }), (list, mutations) => {
        let bytes = encodeSafetensors(list, { note: 'x' });
        const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
        for (const { at, value, cut } of mutations) {
          if (cut) bytes = bytes.slice(0, at % (bytes.length + 1));
          else if (bytes.length > 0) bytes[at % Math.min(bytes.length, headerEnd)] = value;
        }
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CfgenError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses bytes that never were a safetensors file', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => decodeSafetensors(bytes)).toThrow(CfgenError);
      }),
    );
  });

  it('copies, so that the bytes may be reused', () => {
    const bytes = encodeSafetensors([{ name: 'x', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]);
    const { tensors: decoded } = decodeSafetensors(bytes);
    bytes.fill(0);
    expect(decoded[0]?.data).toEqual(Float32Array.of(1, 2));
  });

  it('takes the same tensors without a copy wherever the bytes lie, as views where they lie as they must', () => {
    fc.assert(
      fc.property(tensors, metadata, fc.nat(8), (list, notes, shift) => {
        const bytes = encodeSafetensors(list, notes);
        const shifted = new Uint8Array(new ArrayBuffer(bytes.length + shift), shift);
        shifted.set(bytes);
        const taken = takeSafetensors(shifted);
        expect(taken).toEqual(decodeSafetensors(bytes));
        if (shift % 8 !== 0) return;
        for (const { dtype, data } of taken.tensors) expect(data.buffer === shifted.buffer).toBe(dtype !== 'BOOL');
      }),
    );
  });

  it('reads a Buffer that is a part of a larger one', () => {
    const bytes = encodeSafetensors([{ name: 'x', dtype: 'U8', shape: [3], data: Uint8Array.of(7, 8, 9) }]);
    const inside = Buffer.concat([Buffer.alloc(3, 1), bytes, Buffer.alloc(5, 1)]).subarray(3, 3 + bytes.length);
    expect(decodeSafetensors(inside).tensors[0]?.data).toEqual(Uint8Array.of(7, 8, 9));
  });

  it('starts the data at a multiple of 8 bytes with the widest elements first', () => {
    const bytes = encodeSafetensors([
      { name: 'a', dtype: 'U8', shape: [1], data: Uint8Array.of(1) },
      { name: 'b', dtype: 'F64', shape: [1], data: Float64Array.of(2) },
    ]);
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(decodeSafetensors(bytes).tensors.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it.each([
    ['a name used twice', [tensorOf({}), tensorOf({})], /"x"/],
    ['data of another length', [tensorOf({ shape: [3] })], /"x".*3 elements.*2/],
    ['data of another type', [tensorOf({ dtype: 'I32' })], /"x".*Int32Array.*Float32Array/],
    ['the name the format keeps for itself', [tensorOf({ name: '__metadata__' })], /__metadata__/],
    ['a negative length', [tensorOf({ shape: [-1] })], /"x".*-1/],
    ['too few axis names', [tensorOf({ axes: [] })], /"x".*0 axis names for 1/],
    ['half floats', [tensorOf({ dtype: 'F16' })], /"x".*F16/],
    ['a bool of 2', [tensorOf({ dtype: 'BOOL', data: Uint8Array.of(1, 2) })], /"x".*element 1.*2/],
    ['half a surrogate pair', [tensorOf({ name: '\ud800' })], /Unicode/],
  ] as const)('refuses to write %s', (_what, list, message) => {
    expect(() => encodeSafetensors(list)).toThrow(message);
    expect(codeOf(() => encodeSafetensors(list))).toBe('REQUEST_INVALID');
  });

  it('keeps its own metadata keys to itself', () => {
    expect(codeOf(() => encodeSafetensors([], { 'cfgen.axes': '{}' }))).toBe('REQUEST_INVALID');
  });
});

function tensorOf(change: Partial<Tensor>): Tensor {
  return { name: 'x', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2), ...change };
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof CfgenError ? error.code : String(error);
  }
  return undefined;
}
