import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { File, ready, type Dataset } from 'h5wasm/node';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shuffled } from './chunk-pipeline';
import { Hdf5File, type Hdf5Node } from './hdf5-file';

let folder: string;
let path: string;
beforeAll(() => ready);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-hdf5-'));
  path = join(folder, 'x.h5');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function written(gzipLevel: number | undefined, build: (file: Hdf5File) => Promise<Record<string, Hdf5Node>>): Promise<File> {
  const file = new Hdf5File(path, gzipLevel === undefined ? undefined : { level: gzipLevel });
  file.finish({ kind: 'group', attributes: { note: 'x' }, children: await build(file) });
  return new File(path, 'r');
}

const dataset = (file: File, name: string): Dataset => file.get(name) as Dataset;

describe.each([
  ['gzip', 1],
  ['none', undefined],
] as const)('an HDF5 file with compression %s', (_name, level) => {
  it('holds numbers of every type, in any number of axes', async () => {
    const arrays = {
      f4: Float32Array.of(1.5, -0, NaN, Infinity, 3, 4),
      f8: Float64Array.of(0.1, 2, 3, 4, 5, 6),
      i1: Int8Array.of(-128, 127, 0, 1, 2, 3),
      i2: Int16Array.of(-32768, 32767, 0, 1, 2, 3),
      i4: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3),
      i8: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, 2n, 3n),
      u1: Uint8Array.of(255, 0, 1, 2, 3, 4),
      u2: Uint16Array.of(65535, 0, 1, 2, 3, 4),
      u4: Uint32Array.of(2 ** 32 - 1, 0, 1, 2, 3, 4),
      u8: BigUint64Array.of(2n ** 64n - 1n, 0n, 1n, 2n, 3n, 4n),
    };
    const file = await written(level, async (out) => {
      const nodes: Record<string, Hdf5Node> = {};
      for (const [name, values] of Object.entries(arrays)) nodes[name] = await out.numbers(values, [3, 2]);
      return { ...nodes, scalar: await out.numbers(Float64Array.of(7), []), empty: await out.numbers(new Float32Array(0), [0, 5]) };
    });
    for (const [name, values] of Object.entries(arrays)) {
      expect(dataset(file, name).shape).toEqual([3, 2]);
      expect(dataset(file, name).value).toEqual(values);
    }
    expect(dataset(file, 'scalar').value).toBe(7);
    expect(dataset(file, 'empty').shape).toEqual([0, 5]);
    file.close();
  });

  it('finds every chunk through three levels of index', async () => {
    const rows = 4500;
    const values = Int32Array.from({ length: rows * 2 }, (_, at) => at * 7 - 3);
    const file = await written(level, async (out) => {
      const array = out.growing({ kind: 'integer', bytes: 4, signed: true }, [2], 2);
      await array.append(new Uint8Array(values.buffer));
      return { x: await out.complete(array) };
    });
    expect(dataset(file, 'x').metadata.chunks).toEqual([1, 2]);
    expect(dataset(file, 'x').value).toEqual(values);
    expect(
      dataset(file, 'x').slice([
        [4097, 4099],
        [0, 2],
      ]),
    ).toEqual(values.slice(8194, 8198));
    file.close();
  });

  it('fills the last chunk without showing the filling', async () => {
    const values = Float32Array.from({ length: 11 }, (_, at) => at + 1);
    const file = await written(level, async (out) => {
      const array = out.growing({ kind: 'float', bytes: 4 }, [], 4);
      await array.append(new Uint8Array(values.buffer));
      return { x: await out.complete(array) };
    });
    expect(dataset(file, 'x').shape).toEqual([11]);
    expect(dataset(file, 'x').value).toEqual(values);
    file.close();
  });

  it('holds strings of any length and alphabet, more than a heap collection can', async () => {
    const strings = [
      '',
      'a',
      'αβγ',
      '細胞',
      '🧬',
      'x'.repeat(100_000),
      ...Array.from({ length: 70_000 }, (_, at) => `cell ${at}`),
      ...Array.from({ length: 300 }, () => ''),
    ];
    const file = await written(level, async (out) => ({
      s: await out.strings(strings, [strings.length]),
      one: await out.strings(['é'], []),
    }));
    expect(dataset(file, 's').value).toEqual(strings);
    expect(dataset(file, 'one').value).toBe('é');
    file.close();
  });

  it('holds truth values as h5py does, groups in groups, and attributes', async () => {
    const file = await written(level, async (out) => ({
      b: await out.booleans(Uint8Array.of(1, 0, 1), [3], {
        list: ['p', '', 'q'],
        flag: true,
        size: BigInt64Array.of(3n, 2n ** 40n),
        none: [],
      }),
      group: {
        kind: 'group',
        attributes: {},
        children: Object.fromEntries(
          await Promise.all(
            Array.from({ length: 600 }, async (_, at) => [`column ${at} é`, await out.numbers(Float64Array.of(at), [1])] as const),
          ),
        ),
      },
    }));
    const b = dataset(file, 'b');
    expect(b.metadata.enum_type?.members).toEqual({ FALSE: 0, TRUE: 1 });
    expect(b.to_array()).toEqual([true, false, true]);
    expect(b.attrs['list']?.value).toEqual(['p', '', 'q']);
    expect(b.attrs['flag']?.json_value).toBe(true);
    expect(b.attrs['size']?.value).toEqual(BigInt64Array.of(3n, 2n ** 40n));
    expect(b.attrs['none']?.shape).toEqual([0]);
    expect(file.attrs['note']?.value).toBe('x');
    expect(file.get('group')).toMatchObject({ type: 'Group' });
    expect(dataset(file, 'group/column 599 é').value).toEqual(Float64Array.of(599));
    file.close();
  });
});

describe('shuffle', () => {
  it('puts equal bytes of all elements together', () => {
    expect(shuffled(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4)).toEqual(Uint8Array.of(1, 5, 2, 6, 3, 7, 4, 8));
    expect(shuffled(Uint8Array.of(1, 2, 3, 4, 5, 6), 2)).toEqual(Uint8Array.of(1, 3, 5, 2, 4, 6));
    const many = Uint8Array.from({ length: 48 }, (_, i) => (37 * i + 11) % 256);
    const byBytes = Uint8Array.from(many, (_, at) => many[4 * (at % 12) + Math.floor(at / 12)]);
    expect(shuffled(many, 4)).toEqual(byBytes);
    // Not at a multiple of 4 in memory.
    const shifted = new Uint8Array(49);
    shifted.set(many, 1);
    expect(shuffled(shifted.subarray(1), 4)).toEqual(byBytes);
  });
});
