import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CfgenError } from '@cfgen/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset/dataset';
import { openDataset } from '../opening/open-dataset';
import { createZarrWriter } from './writing/zarr-writer';

const cells = 300;
const genes = 80;

let folder: string;
let sound: string;
let store: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-damaged-'));
  sound = join(folder, 'sound.zarr');
  await write(sound, 'folder');
});
beforeEach(() => {
  store = join(folder, 'x.zarr');
  rmSync(store, { recursive: true, force: true });
  cpSync(sound, store, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function write(path: string, container: 'folder' | 'zip'): Promise<void> {
  const features = { names: Array.from({ length: genes }, (_, g) => `g${g}`), columns: {} };
  const writer = createZarrWriter(path, { features, container });
  const indptr = Uint32Array.from({ length: cells + 1 }, (_, r) => 20 * r);
  const indices = Uint32Array.from({ length: 20 * cells }, (_, i) => 4 * (i % 20) + (Math.floor(i / 20) % 4));
  await writer.append({ rows: cells, columns: genes, indptr, indices, values: Float32Array.from(indices, (g) => 1 + (g % 5)) });
  const codes = Int32Array.from({ length: cells }, (_, c) => c % 2);
  await writer.finish({
    obs: {
      names: Array.from({ length: cells }, (_, c) => `c${c}`),
      columns: {
        label: { kind: 'categorical', codes, categories: ['a', 'b'] },
        depth: { kind: 'numeric', values: Float64Array.from({ length: cells }, (_, c) => c) },
      },
    },
  });
}

/** Changes the JSON of a piece of metadata. */
function edit(key: string, change: (json: Record<string, unknown>) => void): void {
  const path = join(store, key);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

/** Reads everything. */
async function readAll(path = store): Promise<Dataset> {
  const dataset = await openDataset(path);
  try {
    dataset.scan();
    dataset.label('label');
    dataset.numbers('depth');
  } finally {
    dataset.close();
  }
  return dataset;
}

describe('a damaged Zarr store is refused with what is wrong', () => {
  it.each<[string, () => void, string, RegExp]>([
    ['a chunk of values is lost', () => rmSync(join(store, 'X/data/0')), 'INPUT_DAMAGED', /X\/data has nothing but zeros/],
    ['a chunk of columns is lost', () => rmSync(join(store, 'X/indices/0')), 'INPUT_DAMAGED', /X\/indices has nothing but zeros/],
    ['the row pointers are lost', () => rmSync(join(store, 'X/indptr/0')), 'INPUT_DAMAGED', /row pointers end at 0/],
    ['the names are lost', () => rmSync(join(store, 'obs/_index/0')), 'INPUT_DAMAGED', /300 of 300 names in obs are missing/],
    ['a chunk is cut short', () => truncateSync(join(store, 'X/data/0'), 200), 'INPUT_DAMAGED', /chunk 0 of X\/data cannot be read/],
    ['a chunk is empty', () => truncateSync(join(store, 'X/indices/0'), 0), 'INPUT_DAMAGED', /chunk 0 of X\/indices cannot be read/],
    ['a chunk of names is cut short', () => truncateSync(join(store, 'var/_index/0'), 60), 'INPUT_DAMAGED', /chunk 0 of var\/_index/],
    ['a column is cut short', () => truncateSync(join(store, 'obs/depth/0'), 100), 'INPUT_DAMAGED', /chunk 0 of obs\/depth/],
    [
      'an uncompressed chunk is too short',
      () => {
        const chunk = join(store, 'obs/depth/0');
        writeFileSync(chunk, gunzipSync(readFileSync(chunk)).subarray(0, 800));
        edit('obs/depth/.zarray', (json) => (json['compressor'] = null));
      },
      'INPUT_DAMAGED',
      /it holds 100 values instead of 300/,
    ],
    [
      'the shape of X is another',
      () => edit('X/.zattrs', (json) => (json['shape'] = [cells + 1, genes])),
      'INPUT_DAMAGED',
      /X has 301 cells but obs describes 300/,
    ],
    ['X has no shape', () => edit('X/.zattrs', (json) => delete json['shape']), 'INPUT_INCOMPLETE', /its shape is missing/],
    [
      'X has an unknown encoding',
      () => edit('X/.zattrs', (json) => (json['encoding-type'] = 'coo')),
      'INPUT_UNSUPPORTED',
      /unknown encoding coo/,
    ],
    [
      'codes lie outside the categories',
      () => edit('obs/label/categories/.zarray', (json) => (json['shape'] = [1])),
      'INPUT_DAMAGED',
      /label has the code 1 but only 1 categories/,
    ],
    [
      'a column has another length',
      () => edit('obs/depth/.zarray', (json) => (json['shape'] = [299])),
      'INPUT_DAMAGED',
      /obs column depth has 299 values for 300 cells/,
    ],
    ['metadata is no JSON', () => writeFileSync(join(store, 'X/.zattrs'), '{"shape": ['), 'INPUT_DAMAGED', /X\/\.zattrs.*no JSON/],
    [
      'an array claims more than the store can hold',
      () => edit('X/data/.zarray', (json) => (json['shape'] = [1e15])),
      'INPUT_DAMAGED',
      /X\/data claims|different lengths/,
    ],
    [
      'chunks have no extent',
      () => edit('X/data/.zarray', (json) => (json['chunks'] = [0])),
      'INPUT_DAMAGED',
      /X\/data\/\.zarray.*chunks is \[0\]/,
    ],
    [
      'chunks are larger than memory',
      () => edit('X/data/.zarray', (json) => (json['chunks'] = [2 ** 40])),
      'MEMORY_EXCEEDED',
      /chunks of X\/data take/,
    ],
    [
      'a codec is not known',
      () => edit('X/data/.zarray', (json) => (json['compressor'] = { id: 'lzma' })),
      'INPUT_UNSUPPORTED',
      /X\/data cannot be decoded here.*lzma/,
    ],
    ['var is lost', () => rmSync(join(store, 'var'), { recursive: true }), 'INPUT_INCOMPLETE', /var is missing/],
  ])('%s', async (_what, damage, code, message) => {
    damage();
    await expect(readAll()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('but a chunk that is not stored has the fill value, where that may be', async () => {
    rmSync(join(store, 'obs/label/codes/0'));
    const dataset = await openDataset(store);
    expect(dataset.label('label').sizes).toEqual([cells]);
    dataset.close();
  });

  it('a column that cannot be decoded hurts only who reads it', async () => {
    edit('obs/depth/.zarray', (json) => (json['compressor'] = { id: 'lzma' }));
    const dataset = await openDataset(store);
    expect(dataset.scan().nonzeros).toBe(20 * cells);
    expect(() => dataset.numbers('depth')).toThrow(/obs\/depth cannot be decoded/);
    dataset.close();
  });

  it('whatever byte of it changes, with an error of ours', async () => {
    for (const key of ['X/data/0', 'X/indices/0', 'X/indptr/0', 'obs/_index/0', 'X/.zattrs', 'X/data/.zarray', 'obs/.zattrs']) {
      const whole = readFileSync(join(sound, key));
      for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 12)) {
        const bytes = Buffer.from(whole);
        bytes[at] ^= 0x15;
        writeFileSync(join(store, key), bytes);
        await readAll().catch((error: unknown) => expect(error).toBeInstanceOf(CfgenError));
      }
      writeFileSync(join(store, key), whole);
    }
  });
});

describe('a damaged ZIP archive is refused with what is wrong', () => {
  let archive: string;
  let whole: Buffer;
  beforeAll(async () => {
    archive = join(folder, 'x.zarr.zip');
    await write(archive, 'zip');
    whole = readFileSync(archive);
  });

  it('cut short anywhere', async () => {
    for (const share of [0.001, 0.2, 0.6, 0.9, 0.99]) {
      writeFileSync(archive, whole.subarray(0, Math.ceil(whole.length * share)));
      await expect(readAll(archive)).rejects.toMatchObject({
        code: 'INPUT_DAMAGED',
        message: expect.stringMatching(/damaged ZIP/) as string,
      });
    }
  });

  it('with any byte changed, by an error of ours', async () => {
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 150)) {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 0x41;
      writeFileSync(archive, bytes);
      await readAll(archive).catch((error: unknown) => expect(error).toBeInstanceOf(CfgenError));
    }
  });

  it('without a store in it', async () => {
    const empty = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
    writeFileSync(archive, empty);
    await expect(readAll(archive)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(/without a Zarr store/) as string,
    });
    expect(existsSync(archive)).toBe(true);
  });
});
