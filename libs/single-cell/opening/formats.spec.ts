import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset/dataset';
import { filterAvailable } from '../hdf5/filter-plugins';
import { inspectDataset } from '../inspection/inspect-dataset';
import { openMultimodal } from '../multimodal/open-multimodal';
import { openDataset } from './open-dataset';
import type { OpenOptions } from './open-source';

interface Expected {
  cells: number;
  features: number;
  nnz: number;
  total: number;
  counts_at: string;
  label?: string;
  label_counts?: Record<string, number>;
  dense_int32_sha256?: string;
  cell_totals_sha256_int32?: string;
  gene_totals_sha256_int32?: string;
  unique_names?: number;
}

const folder = fileURLToPath(new URL('../../../../shared/data/formats/', import.meta.url));
const present = existsSync(folder);
const expected = present ? (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>) : {};

/** Formats that come later, and filters whose plug-in may not be installed. */
const unread: Record<string, RegExp> = {
  'counts_genes_by_cells.csv.gz': /text \(CSV or TSV\)/,
  ...(filterAvailable(32000) ? {} : { 'lzf.h5ad': /filter LZF \(32000\)/, 'dense_chunked_lzf.h5ad': /filter LZF \(32000\)/ }),
  ...(filterAvailable(32001) ? {} : { 'blosc.h5ad': /filter Blosc \(32001\)/ }),
  ...(filterAvailable(32015) ? {} : { 'zstd.h5ad': /filter Zstandard \(32015\)/ }),
};

/** The data set; of a MuData file RNA, in the cells it shares with ATAC. */
async function openAny(path: string, options: OpenOptions): Promise<{ dataset: Dataset; close: () => void }> {
  if (path.endsWith('.h5mu')) {
    const both = await openMultimodal(path, options);
    return { dataset: both.rna, close: both.close };
  }
  const dataset = await openDataset(path, options);
  return { dataset, close: () => dataset.close() };
}

/** SHA-256 of the matrix written out densely as little-endian int32, row after row. */
function denseHash(dataset: Dataset, memory: number): string {
  const hash = createHash('sha256');
  let next = 0;
  for (const { start, rows } of dataset.rowBlocks({ memory })) {
    expect(start).toBe(next);
    next += rows.rows;
    const dense = new Int32Array(rows.rows * rows.columns);
    for (let row = 0; row < rows.rows; row++) {
      for (let entry = rows.indptr[row]; entry < rows.indptr[row + 1]; entry++) {
        if (entry > rows.indptr[row] && rows.indices[entry] <= rows.indices[entry - 1]) throw new Error('columns do not ascend');
        dense[row * rows.columns + rows.indices[entry]] = rows.values[entry];
      }
    }
    hash.update(new Uint8Array(dense.buffer));
  }
  expect(next).toBe(dataset.cells);
  return hash.digest('hex');
}

function int32Hash(values: Float64Array): string {
  return createHash('sha256')
    .update(new Uint8Array(Int32Array.from(values).buffer))
    .digest('hex');
}

describe.runIf(present)('one matrix in many formats', () => {
  let tempFolder = '';
  beforeAll(() => {
    tempFolder = mkdtempSync(join(tmpdir(), 'formats-'));
  });
  afterAll(() => rmSync(tempFolder, { recursive: true }));

  const readable = Object.keys(expected).filter((file) => !(file in unread));

  it.each(readable)('%s inspects as expected', async (file) => {
    const want = expected[file];
    const seen = await inspectDataset(join(folder, file), { tempFolder });
    expect({ cells: seen.cells, features: seen.features, nnz: seen.nonzeros, total: seen.total, counts_at: seen.countsAt }).toEqual({
      cells: want.cells,
      features: want.features,
      nnz: want.nnz,
      total: want.total,
      counts_at: want.counts_at,
    });
    if (want.label_counts) {
      const column = seen.obs.find(({ name }) => name === want.label);
      if (column?.categories)
        expect(Object.fromEntries(column.categories.map(({ value, cells }) => [value, cells]))).toEqual(want.label_counts);
      else expect(column?.kind).toBe('integer');
    }
    expect(() => JSON.stringify(seen)).not.toThrow();
    expect(readdirSync(tempFolder)).toEqual([]);
  });

  it.each(readable)('%s gives the same matrix whatever the memory', async (file) => {
    const want = expected[file];
    // 400 kB: several blocks a file, and temporary files for CSC and Matrix Market.
    const { dataset, close } = await openAny(join(folder, file), { tempFolder, memory: 400_000 });
    try {
      if (want.dense_int32_sha256) {
        expect(denseHash(dataset, 100_000)).toBe(want.dense_int32_sha256);
        expect(denseHash(dataset, 1e9)).toBe(want.dense_int32_sha256);
      }
      const scan = dataset.scan();
      if (want.cell_totals_sha256_int32) expect(int32Hash(scan.cellTotals)).toBe(want.cell_totals_sha256_int32);
      if (want.gene_totals_sha256_int32) expect(int32Hash(scan.featureTotals)).toBe(want.gene_totals_sha256_int32);
      if (want.label) expect(dataset.label(want.label).missing).toBe(0);
      expect(new Set(dataset.varNames).size).toBe(dataset.features);
      expect(new Set(dataset.obsNames).size).toBe(dataset.cells);
    } finally {
      close();
    }
    expect(readdirSync(tempFolder)).toEqual([]);
  });

  it.each(Object.entries(unread))('%s is refused by name with a remedy', async (file, named) => {
    await expect(openDataset(join(folder, file), { tempFolder })).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      message: expect.stringMatching(named) as string,
      hint: expect.stringMatching(/Python/) as string,
    });
    expect(readdirSync(tempFolder)).toEqual([]);
  });

  it('tells repeated gene names and makes them unique without merging', async () => {
    const dataset = await openDataset(join(folder, 'duplicate_var_names.h5ad'));
    expect(dataset.problems.map(({ code }) => code)).toContain('duplicate-feature-names');
    expect(new Set(dataset.varNames.map((name) => name.replace(/-[12]$/, ''))).size).toBeLessThanOrEqual(
      expected['duplicate_var_names.h5ad'].unique_names ?? 0,
    );
    dataset.close();
  });

  it('reads the counts of the layer that is asked for, and lists the layers otherwise', async () => {
    const path = join(folder, 'anndata07_real.h5ad');
    await expect(openDataset(path, { layer: 'X' })).rejects.toMatchObject({ code: 'INPUT_NOT_COUNTS' });
    await expect(openDataset(path, { layer: 'spliced' })).rejects.toMatchObject({
      code: 'REQUEST_UNKNOWN_VALUE',
      message: expect.stringContaining('layers: counts') as string,
    });
    const dataset = await openDataset(path, { layer: 'counts' });
    expect(dataset.countsAt).toBe('layers/counts');
    dataset.close();
  });

  it('reads nullable columns with their missing values', async () => {
    const dataset = await openDataset(join(folder, 'nullable.h5ad'));
    const integers = dataset.column('n_int');
    expect(integers.kind).toBe('integer');
    expect(integers.kind === 'integer' && integers.missing?.some((value) => value !== 0)).toBe(true);
    expect(dataset.numbers('n_int').some((value) => Number.isNaN(value))).toBe(true);
    expect(dataset.column('n_bool').kind).toBe('boolean');
    expect(dataset.column('flag').kind).toBe('boolean');
    expect(() => dataset.label('n_bool')).toThrow(/have no n_bool/);
    expect(dataset.label('n_bool', { missing: 'keep' }).codes).toContain(-1);
    expect(() => dataset.numbers('cell_type')).toThrow(/holds text/);
    dataset.close();
  });

  it('reads ordered, unused and integer categories', async () => {
    const dataset = await openDataset(join(folder, 'categories_odd.h5ad'));
    const cellType = dataset.column('cell_type');
    expect(cellType.kind === 'categorical' && cellType.categories.length).toBe(9);
    expect(dataset.label('cell_type').categories).toHaveLength(8);
    const stage = dataset.column('stage');
    expect(stage.kind === 'categorical' && stage.ordered).toBe(true);
    expect(dataset.label('lane').categories).toEqual([...dataset.label('lane').categories].sort((a, b) => Number(a) - Number(b)));
    dataset.close();
  });

  it('splits a multiome file by the type of its features', async () => {
    const rna = await openDataset(join(folder, '10x_multiome_small.h5'), { modality: 'rna' });
    const atac = await openDataset(join(folder, '10x_multiome_small.h5'), { modality: 'atac' });
    expect([rna.features, atac.features]).toEqual([45, 174]);
    expect(rna.scan().total + atac.scan().total).toBe(expected['10x_multiome_small.h5'].total);
    expect(rna.problems).toEqual([]);
    rna.close();
    atac.close();
    await expect(openDataset(join(folder, '10x_multiome_small.h5'), { modality: 'protein' })).rejects.toThrow(/found: rna, atac/);
  });
});
