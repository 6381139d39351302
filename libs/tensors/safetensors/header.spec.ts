import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from './codec';
import { maxHeaderBytes } from './header';

function file(header: string, data = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function refusal(bytes: Uint8Array, options = {}): CfgenError {
  try {
    decodeSafetensors(bytes, options);
  } catch (error) {
    if (error instanceof CfgenError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const entry = (name: string, shape: string, begin: number, end: number, dtype = 'F32'): string =>
  `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('safetensors header', () => {
  it.each([
    ['no bytes', new Uint8Array(0), /too short/],
    ['a header length over the limit', file('{}', new Uint8Array(0), BigInt(maxHeaderBytes) + 1n), /limit/],
    ['a header length past the end', file('{}', new Uint8Array(0), 100n), /only 10 bytes/],
    ['a header that does not start with a brace', file(' {}'), /start with \{/],
    ['a header that is cut off', file('{"x":'), /not JSON/],
    ['a header that is not UTF-8', file('{"\u00ff').map((byte) => (byte === 0xbf ? 0xff : byte)), /not JSON/],
    ['a gap', file(`{${entry('x', '[1]', 4, 8)}}`, new Uint8Array(8)), /"x".*gap from 0/],
    ['an overlap', file(`{${entry('x', '[2]', 0, 8)},${entry('y', '[2]', 4, 12)}}`, new Uint8Array(12)), /"y".*overlaps/],
    ['bytes of no tensor', file(`{${entry('x', '[1]', 0, 4)}}`, new Uint8Array(5)), /5 bytes of data.*take 4/],
    ['a tensor past the end', file(`{${entry('x', '[2]', 0, 8)}}`, new Uint8Array(4)), /"x".*past the end/],
    ['bytes that do not fit the shape', file(`{${entry('x', '[3]', 0, 8)}}`, new Uint8Array(8)), /"x" .*8 bytes.*takes 12/],
    ['a tensor named twice', file(`{${entry('x', '[1]', 0, 4)},${entry('\u0078', '[1]', 4, 8)}}`, new Uint8Array(8)), /"x".*twice/],
    [
      'a name spelt with an escape',
      file(`{${entry('x', '[0]', 0, 0)},"\\u0078":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`),
      /"x".*twice/,
    ],
    ['a fractional length', file(`{${entry('x', '[0.5]', 0, 2)}}`, new Uint8Array(2)), /"x".*0\.5/],
    ['a product past 2^53', file(`{${entry('x', '[4294967296,4294967296]', 0, 4)}}`, new Uint8Array(4)), /"x".*larger than any file/],
    ['offsets the wrong way round', file(`{${entry('x', '[1]', 4, 0)}}`, new Uint8Array(4)), /"x".*before its beginning/],
    ['one offset', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}'), /"x".*data_offsets \[0\]/],
    ['no dtype', file('{"x":{"shape":[1],"data_offsets":[0,4]}}', new Uint8Array(4)), /"x".*no dtype/],
    ['a field the format does not have', file('{"x":{"dtype":"U8","shape":[],"data_offsets":[0,1],"y":1}}', new Uint8Array(1)), /"x".*"y"/],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}'), /"a"/],
    ['metadata named twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /"a".*twice/],
    ['axes of a tensor that is not there', file('{"__metadata__":{"cfgen.axes":"{\\"x\\":[]}"}}'), /"x"/],
    [
      'more axis names than axes',
      file(`{"__metadata__":{"cfgen.axes":"{\\"x\\":[\\"a\\",\\"b\\"]}"},${entry('x', '[1]', 0, 4)}}`, new Uint8Array(4)),
      /"x".*2 axis names/,
    ],
  ])('refuses %s', (_what, bytes, message) => {
    const error = refusal(bytes);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('INPUT_DAMAGED');
  });

  it('names the source and takes the code it is given', () => {
    const error = refusal(new Uint8Array(3), { source: 'flow.safetensors', damagedCode: 'MODEL_DAMAGED' });
    expect(error.code).toBe('MODEL_DAMAGED');
    expect(error.message).toContain('flow.safetensors');
  });

  it('says which dtype it cannot read', () => {
    const error = refusal(file(`{${entry('x', '[1]', 0, 1, 'F8_E4M3')}}`, new Uint8Array(1)));
    expect(error.code).toBe('INPUT_UNSUPPORTED');
    expect(error.message).toMatch(/"x".*F8_E4M3/);
  });

  it('refuses a schema version from the future', () => {
    expect(refusal(file('{"__metadata__":{"cfgen.schema_version":"2"}}')).code).toBe('INPUT_UNSUPPORTED');
  });

  it('takes a file of another writer: no metadata, spaces at the end, tensors out of order', () => {
    const { tensors, metadata } = decodeSafetensors(file(`{${entry('y', '[1]', 4, 8)},${entry('x', '[]', 0, 4)}}   `, new Uint8Array(8)));
    expect(metadata).toEqual({});
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['x', []],
      ['y', [1]],
    ]);
  });

  it('widens half floats exactly', () => {
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0xfc00, 0x7e00, 0x8000);
    const [tensor] = decodeSafetensors(file(`{${entry('x', '[9]', 0, 18, 'F16')}}`, new Uint8Array(half.buffer))).tensors;
    expect(Array.from(tensor.data as Float32Array)).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14, Infinity, -Infinity, NaN, -0]);
    const brain = Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x4049);
    const [wide] = decodeSafetensors(file(`{${entry('x', '[4]', 0, 8, 'BF16')}}`, new Uint8Array(brain.buffer))).tensors;
    expect(Array.from(wide.data as Float32Array)).toEqual([1, -2, Infinity, 3.140625]);
  });
});
