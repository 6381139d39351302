import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { SparseRows } from '@cfgen/tensors';
import fc from 'fast-check';
import { File, ready, type Dataset, type Group } from 'h5wasm/node';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspectDataset } from '../inspection/inspect-dataset';
import { openMultimodal } from '../multimodal/open-multimodal';
import { openDataset } from '../opening/open-dataset';
import { createH5muWriter, type H5muWriterOptions } from './h5mu-writer';
import type { MuDataRest } from './mudata-writer';

let folder: string;
let path: string;
beforeAll(() => ready);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-h5mu-'));
  path = join(folder, 'x.h5mu');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Table = readonly (readonly number[])[];

const genes = ['LYZ', 'CD3D', 'αβ'];
const peaks = ['chr1:10-20', 'chr2:5-9'];
const modalities: H5muWriterOptions['modalities'] = {
  rna: { features: { names: genes, columns: { gene_ids: { kind: 'string', values: ['E1', 'E2', 'E3'] } } } },
  atac: { features: { names: peaks, columns: { genome: { kind: 'string', values: ['GRCh38', 'GRCh38'] } } } },
};

function sparse(rows: Table, columns: number): SparseRows {
  const entries = rows.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ column, value }])));
  const indptr = new Uint32Array(rows.length + 1);
  entries.forEach((row, at) => (indptr[at + 1] = indptr[at] + row.length));
  const flat = entries.flat();
  return {
    ...{ rows: rows.length, columns, indptr },
    indices: Uint32Array.from(flat, (entry) => entry.column),
    values: Float32Array.from(flat, (entry) => entry.value),
  };
}

function dense(block: SparseRows): number[][] {
  return Array.from({ length: block.rows }, (_, row) => {
    const values = new Array<number>(block.columns).fill(0);
    for (let entry = block.indptr[row]; entry < block.indptr[row + 1]; entry++) values[block.indices[entry]] = block.values[entry];
    return values;
  });
}

const cellNames = (cells: number): string[] => Array.from({ length: cells }, (_, at) => `cell_${at}`);

/** Writes both tables in blocks that end at `cuts`. */
async function write(
  rna: Table,
  atac: Table,
  cuts: readonly number[] = [],
  rest: Partial<MuDataRest> = {},
  options: Partial<H5muWriterOptions> = {},
): Promise<void> {
  const writer = createH5muWriter(path, { modalities, ...options });
  const ends = [...cuts, rna.length];
  let start = 0;
  for (const end of ends) {
    await writer.append({ rna: sparse(rna.slice(start, end), 3), atac: sparse(atac.slice(start, end), 2) });
    start = end;
  }
  await writer.finish({ obs: { names: cellNames(rna.length), columns: {} }, ...rest });
}

const sha256 = (): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const rna: Table = [
  [0, 1, 2],
  [0, 0, 0],
  [3, 0, 0],
];
const atac: Table = [
  [1, 0],
  [1, 1],
  [0, 1],
];
const cellType = { kind: 'categorical', codes: [1, 0, 1], categories: ['B', 'T'] } as const;

describe('the h5mu writer', () => {
  it('writes each modality as AnnData, and beside them what they share', async () => {
    await write(rna, atac, [1], {
      obs: { names: cellNames(3), columns: { cell_type: cellType } },
      uns: { cfgen: { seed: 7 } },
      obsm: { X_cfgen: Float32Array.of(1, 2, 3, 4, 5, 6) },
      modalities: { rna: { columns: { size_factor: { kind: 'numeric', values: Float64Array.of(3, 0, 3) } } } },
    });
    expect(readFileSync(path).toString('latin1', 0, 6)).toBe('MuData');
    expect(readFileSync(path).toString('latin1', 513, 516)).toBe('HDF');
    const file = new File(path, 'r');
    const encodingOf = (name: string): unknown => (file.get(name) as Group).attrs['encoding-type']?.value;
    expect(file.attrs['encoding-type']?.value).toBe('MuData');
    expect(file.attrs['axis']?.value).toBe(0n);
    expect((file.get('mod') as Group).attrs['mod-order']?.value).toEqual(['rna', 'atac']);
    expect([...file.keys()].sort()).toEqual(['mod', 'obs', 'obsm', 'obsmap', 'obsp', 'uns', 'var', 'varm', 'varmap', 'varp']);
    for (const name of ['mod/rna', 'mod/atac']) expect(encodingOf(name)).toBe('anndata');
    const value = (name: string): unknown => (file.get(name) as Dataset).to_array();
    expect(value('var/_index')).toEqual([...genes, ...peaks]);
    expect(value('obsm/rna')).toEqual([[true], [true], [true]]);
    expect(value('obsm/X_cfgen')).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(value('obsmap/atac')).toEqual([1, 2, 3]);
    expect(value('varm/atac')).toEqual([[false], [false], [false], [true], [true]]);
    expect(value('varmap/rna')).toEqual([1, 2, 3, 0, 0]);
    expect(value('varmap/atac')).toEqual([0, 0, 0, 1, 2]);
    expect(value('mod/rna/obs/size_factor')).toEqual([3, 0, 3]);
    for (const frame of ['obs', 'mod/rna/obs', 'mod/atac/obs']) expect(value(`${frame}/cell_type/codes`)).toEqual([1, 0, 1]);
    file.close();
  });

  it('is read back as written, whatever the counts', async () => {
    const row = (columns: number): fc.Arbitrary<number[]> =>
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 70_000 })), { minLength: columns, maxLength: columns });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(row(3), row(2)), { minLength: 1, maxLength: 12 }),
        fc.constantFrom('gzip', 'none'),
        async (cells, compression) => {
          const [first, second] = [cells.map(([genesOf]) => genesOf), cells.map(([, peaksOf]) => peaksOf)];
          // A modality without any count is refused when it is opened.
          first[0] = [1, 0, 0];
          second[0] = [0, 2];
          await write(first, second, [], {}, { compression: compression as 'gzip', overwrite: true });
          const both = await openMultimodal(path);
          expect(dense(both.rna.readRows(0, first.length))).toEqual(first);
          expect(dense(both.atac.readRows(0, second.length))).toEqual(second);
          both.close();
        },
      ),
      { numRuns: 12 },
    );
  });

  it('gives the same bytes however the cells come in blocks, also when chunks fill at different cells', async () => {
    // 131,072 entries make a chunk: RNA fills two, at cells 423 and 846, ATAC one between them, at cell 656.
    const cells = 1_200;
    const features = (count: number): H5muWriterOptions['modalities'][string] => ({
      features: { names: Array.from({ length: count }, (_, i) => `f${i}`), columns: {} },
    });
    const wide: H5muWriterOptions['modalities'] = { rna: features(310), atac: features(200) };
    const full = (start: number, end: number, columns: number): SparseRows => ({
      ...{ rows: end - start, columns },
      indptr: Uint32Array.from({ length: end - start + 1 }, (_, row) => row * columns),
      indices: Uint32Array.from({ length: (end - start) * columns }, (_, entry) => entry % columns),
      values: Float32Array.from({ length: (end - start) * columns }, (_, entry) => 1 + ((start * columns + entry) % 9)),
    });
    const hashes = new Set<string>();
    for (const block of [cells, 1, 137, 999]) {
      const writer = createH5muWriter(path, { modalities: wide, overwrite: true });
      for (let start = 0; start < cells; start += block) {
        const end = Math.min(cells, start + block);
        await writer.append({ rna: full(start, end, 310), atac: full(start, end, 200) });
      }
      await writer.finish({ obs: { names: cellNames(cells), columns: {} } });
      hashes.add(sha256());
    }
    expect(hashes.size).toBe(1);
  }, 30_000);

  it('keeps labels and features of each modality, and shows both when inspected', async () => {
    await write(rna, atac, [], {
      obs: { names: cellNames(3), columns: { cell_type: cellType } },
      obsm: { X_cfgen: Float32Array.of(1, 2, 3, 4, 5, 6) },
      modalities: { atac: { obsm: { X_lsi: Float32Array.of(7, 8, 9) } } },
    });
    const both = await openMultimodal(path);
    expect(both.problems.map(({ code }) => code)).toEqual(['empty-cells']);
    expect(both.atac.label('cell_type')).toMatchObject({ categories: ['B', 'T'], codes: Int32Array.of(1, 0, 1) });
    expect(both.rna.varNames).toEqual(genes);
    expect([both.rna.obsmNames, both.atac.obsmNames]).toEqual([['X_cfgen'], ['X_lsi', 'X_cfgen']]);
    expect(await both.rna.embedding('X_cfgen')).toEqual({ values: Float32Array.of(1, 2, 3, 4, 5, 6), dims: 2 });
    expect(await both.atac.embedding('X_lsi')).toEqual({ values: Float32Array.of(7, 8, 9), dims: 1 });
    expect(both.atac.varColumns.map(({ name }) => name)).toEqual(['genome']);
    expect(await both.rna.contentHash()).toBe(await both.atac.contentHash());
    both.close();
    const seen = await inspectDataset(path);
    expect(seen).toMatchObject({ format: 'h5mu', cells: 3, features: 3, countsAt: 'mod/rna/X' });
    expect(seen.modalities).toEqual([
      { modality: 'rna', featureType: 'Gene Expression', features: 3, nonzeros: 3, total: 6 },
      { modality: 'atac', featureType: 'Peaks', features: 2, nonzeros: 4, total: 4 },
    ]);
  });

  it('writes dense rows of both modalities', async () => {
    const layout = 'dense' as const;
    const writer = createH5muWriter(path, {
      modalities: { rna: { ...modalities['rna'], layout }, atac: { ...modalities['atac'], layout } },
    });
    await writer.append({ rna: Float32Array.of(1, 0, 2, 0, 0, 0), atac: Float32Array.of(1, 0, 0, 1) });
    await writer.append({ rna: Float32Array.of(3, 0, 0), atac: Float32Array.of(0, 4) });
    await writer.finish({ obs: { names: cellNames(3), columns: {} } });
    const dataset = await openDataset(path, { modality: 'atac' });
    expect(dense(dataset.readRows(0, 3))).toEqual([
      [1, 0],
      [0, 1],
      [0, 4],
    ]);
    dataset.close();
  });

  it('refuses what does not fit, appends nothing of it, and leaves no file when given up', async () => {
    const code = async (work: () => unknown): Promise<string | undefined> => {
      try {
        await work();
      } catch (error) {
        if (error instanceof CfgenError) return error.code;
        throw error;
      }
      return undefined;
    };
    const writer = createH5muWriter(path, { modalities });
    const block = { rna: sparse(rna, 3), atac: sparse(atac, 2) };
    expect(await code(() => writer.append({ rna: block.rna }))).toBe('REQUEST_INVALID');
    expect(await code(() => writer.append({ ...block, atac: sparse(atac.slice(1), 2) }))).toBe('REQUEST_INVALID');
    expect(await code(() => writer.append({ ...block, atac: { ...block.atac, indices: block.atac.indices.map(() => 9) } }))).toBe(
      'REQUEST_INVALID',
    );
    await writer.append(block);
    expect(await code(() => writer.finish({ obs: { names: cellNames(2), columns: {} } }))).toBe('REQUEST_INVALID');
    expect(await code(() => writer.finish({ obs: { names: cellNames(3), columns: {} }, modalities: { protein: {} } }))).toBe(
      'REQUEST_INVALID',
    );
    await writer.abort();
    expect(readdirSync(folder)).toEqual([]);
    expect(await code(() => createH5muWriter(path, { modalities: {} }))).toBe('REQUEST_INVALID');
    await write(rna, atac);
    expect(await code(() => createH5muWriter(path, { modalities }))).toBe('OUTPUT_EXISTS');
  });
});
