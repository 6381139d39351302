import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import fc from 'fast-check';
import { File, ready, type Dataset, type Group } from 'h5wasm/node';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnnDataRest, H5adColumn, UnsValue } from './h5ad-content';
import { createH5adWriter, type H5adWriterOptions } from './h5ad-writer';

let folder: string;
let path: string;
beforeAll(() => ready);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-h5ad-'));
  path = join(folder, 'x.h5ad');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const features = { names: ['CD3D', 'LYZ', 'αβ'], columns: { mean: { kind: 'numeric', values: Float64Array.of(1, 2, 3) } } } as const;

/** A CSR block from a dense table. */
function sparse(rows: readonly (readonly number[])[], columns = 3): SparseRows {
  const entries = rows.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ column, value }])));
  const indptr = new Uint32Array(rows.length + 1);
  entries.forEach((row, at) => (indptr[at + 1] = indptr[at] + row.length));
  const flat = entries.flat();
  return {
    rows: rows.length,
    columns,
    indptr,
    indices: Uint32Array.from(flat, (e) => e.column),
    values: Float32Array.from(flat, (e) => e.value),
  };
}

const obs = (cells: number, columns: Record<string, H5adColumn> = {}): AnnDataRest['obs'] => ({
  names: Array.from({ length: cells }, (_, at) => `cell_${at}`),
  columns,
});

async function write(
  blocks: readonly SparseRows[],
  rest: Partial<AnnDataRest> = {},
  options: Partial<H5adWriterOptions> = {},
): Promise<void> {
  const writer = createH5adWriter(path, { features, ...options });
  for (const block of blocks) await writer.append(block);
  await writer.finish({ obs: obs(blocks.reduce((sum, block) => sum + block.rows, 0)), ...rest });
}

async function codeOf(action: () => unknown): Promise<string | undefined> {
  try {
    await action();
  } catch (error) {
    return error instanceof CfgenError ? error.code : String(error);
  }
  return undefined;
}

const sha256 = (): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const dataset = (file: File, name: string): Dataset => file.get(name) as Dataset;
const encodingOf = (file: File, name: string): unknown => [
  (file.get(name) as Group).attrs['encoding-type']?.value,
  (file.get(name) as Group).attrs['encoding-version']?.value,
];

describe('the h5ad writer', () => {
  it('writes X as CSR with the rows in the order they came', async () => {
    await write([
      sparse([
        [0, 1, 2],
        [0, 0, 0],
      ]),
      sparse([]),
      sparse([
        [3, 0, 0],
        [0, 0, 4],
      ]),
    ]);
    const file = new File(path, 'r');
    expect(encodingOf(file, 'X')).toEqual(['csr_matrix', '0.1.0']);
    expect((file.get('X') as Group).attrs['shape']?.value).toEqual(BigInt64Array.of(4n, 3n));
    expect(dataset(file, 'X/indptr').value).toEqual(Int32Array.of(0, 2, 2, 3, 4));
    expect(dataset(file, 'X/indices').value).toEqual(Int32Array.of(1, 2, 0, 2));
    expect(dataset(file, 'X/data').value).toEqual(Float32Array.of(1, 2, 3, 4));
    file.close();
  });

  it('gives every element the encoding AnnData reads it by', async () => {
    const uns: Record<string, UnsValue> = {
      cfgen: { seed: 7, version: '1.0', weight: 1.5, exact: true, weights: [1, 2.5], labels: ['a', 'b'], none: [], inner: {} },
    };
    const columns: Record<string, H5adColumn> = {
      cell_type: { kind: 'categorical', codes: [1, -1], categories: ['B', 'T', 'never seen'] },
      is_synthetic: { kind: 'boolean', values: [true, true] },
      size_factor: { kind: 'numeric', values: Float64Array.of(1, 2) },
      note: { kind: 'string', values: ['é', ''] },
    };
    await write(
      [
        sparse([
          [1, 0, 0],
          [0, 2, 0],
        ]),
      ],
      { obs: obs(2, columns), uns, obsm: { X_latent: Float32Array.of(1, 2, 3, 4) }, layers: { mean: new Float32Array(6) } },
    );
    const file = new File(path, 'r');
    expect([file.attrs['encoding-type']?.value, file.attrs['encoding-version']?.value]).toEqual(['anndata', '0.1.0']);
    expect(file.keys().sort()).toEqual(['X', 'layers', 'obs', 'obsm', 'obsp', 'uns', 'var', 'varm', 'varp']);
    const expected: Record<string, readonly string[]> = {
      obs: ['dataframe', '0.2.0'],
      'obs/_index': ['string-array', '0.2.0'],
      'obs/cell_type': ['categorical', '0.2.0'],
      'obs/cell_type/categories': ['string-array', '0.2.0'],
      'obs/cell_type/codes': ['array', '0.2.0'],
      'obs/is_synthetic': ['array', '0.2.0'],
      'obs/note': ['string-array', '0.2.0'],
      var: ['dataframe', '0.2.0'],
      'var/mean': ['array', '0.2.0'],
      varp: ['dict', '0.1.0'],
      'obsm/X_latent': ['array', '0.2.0'],
      'layers/mean': ['array', '0.2.0'],
      'uns/cfgen': ['dict', '0.1.0'],
      'uns/cfgen/seed': ['numeric-scalar', '0.2.0'],
      'uns/cfgen/exact': ['numeric-scalar', '0.2.0'],
      'uns/cfgen/version': ['string', '0.2.0'],
      'uns/cfgen/labels': ['string-array', '0.2.0'],
      'uns/cfgen/weights': ['array', '0.2.0'],
      'uns/cfgen/inner': ['dict', '0.1.0'],
    };
    for (const [name, encoding] of Object.entries(expected)) expect([name, encodingOf(file, name)]).toEqual([name, encoding]);
    expect((file.get('obs') as Group).attrs['column-order']?.value).toEqual(Object.keys(columns));
    expect((file.get('obs') as Group).attrs['_index']?.value).toBe('_index');
    expect((file.get('obs/cell_type') as Group).attrs['ordered']?.json_value).toBe(false);
    expect(dataset(file, 'obs/cell_type/codes').value).toEqual(Int8Array.of(1, -1));
    expect(dataset(file, 'obs/cell_type/categories').value).toEqual(['B', 'T', 'never seen']);
    expect(dataset(file, 'obs/is_synthetic').to_array()).toEqual([true, true]);
    expect(dataset(file, 'var/_index').value).toEqual(features.names);
    expect(dataset(file, 'obsm/X_latent').shape).toEqual([2, 2]);
    expect(dataset(file, 'uns/cfgen/seed').value).toBe(7n);
    expect(dataset(file, 'uns/cfgen/weights').value).toEqual(Float64Array.of(1, 2.5));
    file.close();
  });

  it.each(['gzip', 'none'] as const)('writes the same bytes whatever the sizes of the blocks (%s)', async (compression) => {
    const columns = 3000;
    const rows = Array.from({ length: 150 }, (_, r) =>
      Array.from({ length: columns }, (_, c) => ((r * 31 + c * 17) % 5 === 0 ? 1 + ((r + c) % 9) : 0)),
    );
    const wide = { names: Array.from({ length: columns }, (_, at) => `g${at}`), columns: {} };
    const hashes = new Set<string>();
    for (const size of [150, 1, 37]) {
      const blocks: SparseRows[] = [];
      for (let at = 0; at < rows.length; at += size) blocks.push(sparse(rows.slice(at, at + size), columns));
      await write(blocks, {}, { features: wide, compression, overwrite: true });
      hashes.add(sha256());
    }
    expect(hashes.size).toBe(1);
  });

  it('gives back any counts', async () => {
    const table = fc
      .nat(6)
      .chain((columns) =>
        fc.tuple(fc.constant(columns), fc.array(fc.array(fc.nat(3), { minLength: columns, maxLength: columns }), { maxLength: 8 })),
      );
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('float32', 'int32'), async ([columns, rows], xDtype) => {
        const names = { names: Array.from({ length: columns }, (_, at) => `g${at}`), columns: {} };
        const block = sparse(rows, columns);
        await write([block], {}, { features: names, xDtype, overwrite: true });
        const file = new File(path, 'r');
        expect(Array.from(dataset(file, 'X/data').value as Float32Array)).toEqual(Array.from(block.values));
        expect(Array.from(dataset(file, 'X/indptr').value as Int32Array)).toEqual(Array.from(block.indptr));
        expect(dataset(file, 'X/data').dtype).toBe(xDtype === 'int32' ? '<i' : '<f');
        file.close();
      }),
      { numRuns: 40 },
    );
  });

  it('writes a dense X', async () => {
    const writer = createH5adWriter(path, { features, layout: 'dense' });
    await writer.appendDense(Float32Array.of(0.5, 1, 2));
    await writer.appendDense(Float32Array.of(3, 4, 5, 6, 7, 8));
    expect(await codeOf(() => writer.appendDense(new Float32Array(4)))).toBe('REQUEST_INVALID');
    await writer.finish({ obs: obs(3) });
    const file = new File(path, 'r');
    expect(encodingOf(file, 'X')).toEqual(['array', '0.2.0']);
    expect(dataset(file, 'X').shape).toEqual([3, 3]);
    expect(dataset(file, 'X').value).toEqual(Float32Array.of(0.5, 1, 2, 3, 4, 5, 6, 7, 8));
    file.close();
  });

  it('widens the codes when there are many categories', async () => {
    const categories = Array.from({ length: 300 }, (_, at) => `type ${at}`);
    await write([sparse([[1, 0, 0]])], { obs: obs(1, { cell_type: { kind: 'categorical', codes: [299], categories } }) });
    const file = new File(path, 'r');
    expect(dataset(file, 'obs/cell_type/codes').value).toEqual(Int16Array.of(299));
    file.close();
  });
});

describe('the name of an h5ad file', () => {
  it('appears when the file is complete, alone', async () => {
    const writer = createH5adWriter(path, { features });
    await writer.append(sparse([[1, 2, 3]]));
    expect(readdirSync(folder)).toEqual([`.x.h5ad.${process.pid}.partial`]);
    await writer.finish({ obs: obs(1) });
    expect(readdirSync(folder)).toEqual(['x.h5ad']);
  });

  it('never appears after abort', async () => {
    const writer = createH5adWriter(path, { features });
    await writer.append(sparse([[1, 2, 3]]));
    await writer.abort();
    await writer.abort();
    expect(readdirSync(folder)).toEqual([]);
    expect(await codeOf(() => writer.append(sparse([[1, 2, 3]])))).toBe('INTERNAL');
  });

  it('is not taken from another file without leave', async () => {
    writeFileSync(path, 'before');
    expect(await codeOf(() => write([]))).toBe('OUTPUT_EXISTS');
    expect(readFileSync(path, 'utf8')).toBe('before');
    const writer = createH5adWriter(path, { features, overwrite: true });
    expect(readFileSync(path, 'utf8')).toBe('before');
    await writer.finish({ obs: obs(0) });
    expect(dataset(new File(path, 'r'), 'X/indptr').value).toEqual(Int32Array.of(0));
  });

  it('in a folder that cannot be written to is refused', async () => {
    expect(await codeOf(() => createH5adWriter(join(folder, 'none', 'x.h5ad'), { features }))).toBe('OUTPUT_UNWRITABLE');
    expect(await codeOf(() => createH5adWriter(join(folder, 'x'.repeat(300)), { features }))).toBe('OUTPUT_UNWRITABLE');
  });
});

describe('content that cannot be written', () => {
  const cases: readonly [string, () => unknown, RegExp][] = [
    ['rows of another width', () => write([sparse([[1, 2]], 2)]), /2 columns.*3 features/],
    ['column numbers past the features', () => write([{ ...sparse([[1, 0, 0]]), indices: Uint32Array.of(3) }]), /not sound CSR/],
    ['row pointers past the entries', () => write([{ ...sparse([[1, 0, 0]]), indptr: Uint32Array.of(0, 2) }]), /not sound CSR/],
    ['too few cell names', () => write([sparse([[1, 2, 3]])], { obs: obs(0) }), /names 0 cells.*1/],
    [
      'a column of another length',
      () => write([sparse([[1, 2, 3]])], { obs: obs(1, { a: { kind: 'string', values: [] } }) }),
      /"a".*0 entries for 1/,
    ],
    [
      'codes past the categories',
      () => write([sparse([[1, 2, 3]])], { obs: obs(1, { a: { kind: 'categorical', codes: [1], categories: ['x'] } }) }),
      /"a".*code 1/,
    ],
    ['a name with a slash', () => write([sparse([[1, 2, 3]])], { obs: obs(1, { 'a/b': { kind: 'string', values: ['x'] } }) }), /"a\/b"/],
    ['the name of the index', () => write([sparse([[1, 2, 3]])], { obs: obs(1, { _index: { kind: 'string', values: ['x'] } }) }), /_index/],
    [
      'a matrix that does not fit',
      () =>
        write(
          [
            sparse([
              [1, 2, 3],
              [0, 0, 0],
            ]),
          ],
          { obsm: { X: new Float32Array(3) } },
        ),
      /"X" has 3 numbers/,
    ],
    ['a mixed list', () => write([], { uns: { a: { b: ['x', 1] as never } } }), /uns\/a\/b/],
    ['a null', () => write([], { uns: { a: null as never } }), /uns\/a/],
    ['a wrong level', () => write([], {}, { level: 0 }), /level is 0/],
  ];
  it.each(cases)('%s is refused by name', async (_what, action, message) => {
    await expect(action()).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) as string });
  });

  it('leaves the writer usable', async () => {
    const writer = createH5adWriter(path, { features });
    await writer.append(sparse([[1, 2, 3]]));
    expect(await codeOf(() => writer.append(sparse([[1, 2]], 2)))).toBe('REQUEST_INVALID');
    expect(await codeOf(() => writer.finish({ obs: obs(2) }))).toBe('REQUEST_INVALID');
    await writer.finish({ obs: obs(1) });
    const file = new File(path, 'r');
    expect(dataset(file, 'X/data').value).toEqual(Float32Array.of(1, 2, 3));
    file.close();
  });
});
