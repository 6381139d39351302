import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SparseRows } from '@cfgen/tensors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { get, open, type Readable } from 'zarrita';
import type { Dataset } from '../dataset/dataset';
import { openDataset } from '../opening/open-dataset';
import type { AnnDataRest } from '../writing/h5ad-content';
import { createH5adWriter } from '../writing/h5ad-writer';
import { createZarrWriter, type ZarrWriterOptions } from './writing/zarr-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-zarr-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cells = 90;
const genes = 40;
const names = Array.from({ length: genes }, (_, g) => (g === 3 ? 'αβ-γ%20' : `gene_${g}`));
const features = { names, columns: { gene_ids: { kind: 'string', values: names.map((name) => `ID ${name}`) } } } as const;
const count = (cell: number, gene: number): number => ((cell * 31 + gene * 17) % 5 === 0 ? 1 + ((cell + gene) % 9) : 0);

/** Cells `from .. to` as CSR rows. */
function block(from: number, to: number): SparseRows {
  const rows = Array.from({ length: to - from }, (_, r) =>
    names.flatMap((_name, g) => (count(from + r, g) === 0 ? [] : [{ gene: g, value: count(from + r, g) }])),
  );
  const indptr = new Uint32Array(rows.length + 1);
  rows.forEach((row, r) => (indptr[r + 1] = indptr[r] + row.length));
  return {
    ...{ rows: rows.length, columns: genes, indptr },
    indices: Uint32Array.from(rows.flat(), ({ gene }) => gene),
    values: Float32Array.from(rows.flat(), ({ value }) => value),
  };
}

function rest(n: number): AnnDataRest {
  return {
    obs: {
      names: Array.from({ length: n }, (_, cell) => `cell_${cell}`),
      columns: {
        'cell type %?#': {
          kind: 'categorical',
          codes: Int32Array.from({ length: n }, (_, c) => c % 3),
          categories: ['B', 'Tö', 'NK', 'none'],
        },
        size_factor: { kind: 'numeric', values: Float64Array.from({ length: n }, (_, c) => c / 7) },
        is_synthetic: { kind: 'boolean', values: Array.from({ length: n }, (_, c) => c % 2) },
        note: { kind: 'string', values: Array.from({ length: n }, (_, c) => (c % 4 === 0 ? '' : `ñ${c}`)) },
      },
    },
    uns: { cfgen: { seed: 7, weight: 1.5, exact: true, name: 'x', labels: ['a', 'b'], none: [], inner: {} } },
    obsm: { X_latent: Float32Array.from({ length: n * 3 }, (_, i) => i / 2) },
  };
}

async function write(path: string, options: Partial<ZarrWriterOptions> = {}, step = cells, n = cells): Promise<void> {
  const writer = createZarrWriter(path, { features, ...options });
  for (let at = 0; at < n; at += step) await writer.append(block(at, Math.min(n, at + step)));
  await writer.finish(rest(n));
}

/** Everything a data set says about its cells. */
function told(dataset: Dataset): unknown {
  const rows = dataset.readRows(0, dataset.cells);
  const columns = dataset.obsColumns.map((column) => [column.name, column.kind, column.read()]);
  const told = { columns, var: dataset.varColumns.map(({ read }) => read()), cells: dataset.obsNames, genes: dataset.varNames };
  dataset.close();
  return { ...told, indptr: rows.indptr, indices: rows.indices, values: rows.values };
}

/** The metadata that a store repeats in one place. */
function consolidatedOf(path: string, format: 2 | 3): Record<string, unknown> {
  const json = JSON.parse(readFileSync(join(path, format === 2 ? '.zmetadata' : 'zarr.json'), 'utf8')) as {
    metadata: Record<string, unknown>;
    consolidated_metadata: { metadata: Record<string, unknown> };
  };
  return format === 2 ? json.metadata : json.consolidated_metadata.metadata;
}

/** SHA-256 of all files below a path with their names. */
function hashOf(path: string): string {
  const hash = createHash('sha256');
  const visit = (at: string): void => {
    if (!statSync(at).isDirectory()) return void hash.update(at.slice(path.length)).update(readFileSync(at));
    for (const name of readdirSync(at).sort()) visit(join(at, name));
  };
  visit(path);
  return hash.digest('hex');
}

const variants = [2, 3].flatMap((format) =>
  (['folder', 'zip'] as const).flatMap((container) =>
    (['gzip', 'none'] as const).map((compression) => ({ format, container, compression })),
  ),
) as Pick<ZarrWriterOptions, 'format' | 'container' | 'compression'>[];

describe.each(variants)('a Zarr $format store in a $container, compression $compression', (options) => {
  it('reads as the .h5ad of the same content does', async () => {
    const path = join(folder, 'x.zarr');
    await write(path, options);
    const h5ad = join(folder, 'x.h5ad');
    const writer = createH5adWriter(h5ad, { features });
    await writer.append(block(0, cells));
    await writer.finish(rest(cells));
    const store = await openDataset(path);
    expect([store.format, store.formatDetail, store.cells, store.features]).toEqual([
      'zarr',
      `AnnData in Zarr ${options.format}`,
      cells,
      genes,
    ]);
    expect(told(store)).toEqual(told(await openDataset(h5ad)));
  });

  it('has the same bytes whatever the sizes of the blocks, and holds no cell or one', async () => {
    const hashes = new Set<string>();
    for (const step of [cells, 7]) {
      await write(join(folder, `${step}.zarr`), options, step);
      hashes.add(hashOf(join(folder, `${step}.zarr`)));
    }
    expect(hashes.size).toBe(1);
    await write(join(folder, 'one.zarr'), options, 1, 1);
    const one = await openDataset(join(folder, 'one.zarr'));
    expect(Array.from(one.readRows(0, 1).values)).toEqual(Array.from(block(0, 1).values));
    one.close();
    await write(join(folder, 'none.zarr'), options, 1, 0);
    await expect(openDataset(join(folder, 'none.zarr'))).rejects.toMatchObject({ code: 'INPUT_EMPTY' });
  });
});

describe('a Zarr store', () => {
  it('is cut into chunks that an independent reader puts together', async () => {
    const path = join(folder, 'wide.zarr');
    const wide = 150_000;
    const writer = createZarrWriter(path, { features: { names: Array.from({ length: wide }, (_, g) => `g${g}`), columns: {} } });
    const rows = 8;
    const full: SparseRows = {
      ...{ rows: 1, columns: wide, indptr: Uint32Array.of(0, wide) },
      indices: Uint32Array.from({ length: wide }, (_, g) => g),
      values: Float32Array.from({ length: wide }, (_, g) => 1 + (g % 7)),
    };
    for (let row = 0; row < rows; row++) await writer.append(full);
    await writer.finish({ obs: { names: Array.from({ length: rows }, (_, r) => `c${r}`), columns: {} } });
    expect(readdirSync(join(path, 'X/data')).sort()).toEqual(['.zarray', '.zattrs', '0', '1']);
    const files: Readable = {
      get: (key) => (existsSync(join(path, key)) ? new Uint8Array(readFileSync(join(path, key))) : undefined),
    };
    const group = await open(files, { kind: 'group' });
    const data = await get(await open(group.resolve('X/data'), { kind: 'array' }));
    expect(data.shape).toEqual([rows * wide]);
    expect((data.data as Float32Array).every((value, i) => value === 1 + ((i % wide) % 7))).toBe(true);
    const cellNames = await get(await open(group.resolve('obs/_index'), { kind: 'array' }));
    expect(Array.from(cellNames.data as unknown as string[])).toEqual(Array.from({ length: rows }, (_, r) => `c${r}`));
    const again = await openDataset(path);
    expect(again.readRows(rows - 1, rows).values.every((value, g) => value === full.values[g])).toBe(true);
    again.close();
  });

  it('repeats its metadata in one place, as readers of remote stores want it', async () => {
    const two = join(folder, '2.zarr');
    await write(two);
    const consolidated = (JSON.parse(readFileSync(join(two, '.zmetadata'), 'utf8')) as { metadata: Record<string, unknown> }).metadata;
    expect(consolidated['X/data/.zarray']).toEqual(JSON.parse(readFileSync(join(two, 'X/data/.zarray'), 'utf8')));
    expect(consolidated['X/.zattrs']).toEqual({ 'encoding-type': 'csr_matrix', 'encoding-version': '0.1.0', shape: [cells, genes] });
    const three = join(folder, '3.zarr');
    await write(three, { format: 3 });
    const root = JSON.parse(readFileSync(join(three, 'zarr.json'), 'utf8')) as {
      consolidated_metadata: { metadata: Record<string, unknown> };
    };
    expect(root.consolidated_metadata.metadata['X/data']).toEqual(JSON.parse(readFileSync(join(three, 'X/data/zarr.json'), 'utf8')));
  });

  it.each([2, 3] as const)('keeps the members of a group together there, as zarr-python needs it (format %d)', async (format) => {
    const path = join(folder, 'x.zarr');
    await write(path, { format, normalised: true });
    const keys = Object.keys(consolidatedOf(path, format)).map((key) => key.replace(/\/?\.z\w+$/, ''));
    for (const depth of [1, 2]) {
      const parents = keys.filter((key) => key.split('/').length === depth + 1).map((key) => key.slice(0, key.lastIndexOf('/')));
      const changes = parents.filter((parent, i) => parent !== parents[i - 1]);
      expect(new Set(changes).size).toBe(changes.length);
    }
    expect(keys).toContain('raw/X/data');
  });

  it('takes its name when it is complete, and leaves nothing when it is given up', async () => {
    const path = join(folder, 'x.zarr');
    const writer = createZarrWriter(path, { features });
    await writer.append(block(0, 5));
    expect(readdirSync(folder)).toEqual([`.x.zarr.${process.pid}.partial`]);
    await writer.abort();
    await writer.abort();
    expect(readdirSync(folder)).toEqual([]);
    await write(path);
    expect(readdirSync(folder)).toEqual(['x.zarr']);
  });

  it.each(['folder', 'zip'] as const)('replaces another only with leave (%s)', async (container) => {
    const path = join(folder, 'x.zarr');
    await write(path, { container });
    const before = hashOf(path);
    await expect(write(path, { container }, 1, 1)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(hashOf(path)).toBe(before);
    await write(path, { container, overwrite: true }, 1, 1);
    const one = await openDataset(path);
    expect(one.cells).toBe(1);
    one.close();
    expect(readdirSync(folder)).toEqual(['x.zarr']);
  });

  it('never replaces a folder that is no store', async () => {
    const path = join(folder, 'mine');
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), 'x');
    await expect(write(path, { overwrite: true })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringMatching(/no Zarr store/) as string,
    });
    expect(readdirSync(path)).toEqual(['notes.txt']);
  });

  it('refuses a column that would lie where its own metadata do', async () => {
    const writer = createZarrWriter(join(folder, 'x.zarr'), { features });
    await writer.append(block(0, 1));
    const columns = { 'zarr.json': { kind: 'string', values: ['x'] } } as const;
    await expect(writer.finish({ obs: { names: ['a'], columns } })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/zarr\.json/) as string,
    });
    await writer.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('holds a dense X', async () => {
    const path = join(folder, 'x.zarr');
    const writer = createZarrWriter(path, { features: { names: ['a', 'b', 'c'], columns: {} }, layout: 'dense' });
    await writer.appendDense(Float32Array.of(0, 1, 2));
    await writer.appendDense(Float32Array.of(3, 0, 0, 6, 7, 8));
    await writer.finish({ obs: { names: ['x', 'y', 'z'], columns: {} } });
    const dataset = await openDataset(path);
    const { indptr, indices, values } = dataset.readRows(0, 3);
    expect([Array.from(indptr), Array.from(indices), Array.from(values)]).toEqual([
      [0, 2, 3, 6],
      [1, 2, 0, 0, 1, 2],
      [1, 2, 3, 6, 7, 8],
    ]);
    dataset.close();
  });
});
