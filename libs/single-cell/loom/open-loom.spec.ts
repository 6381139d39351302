import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { File, ready } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset/dataset';
import { openDataset } from '../opening/open-dataset';
import type { OpenOptions } from '../opening/open-source';

type Values = Int32Array | Float32Array | Float64Array;

interface Content {
  /** Genes x cells, row-major. */
  readonly matrix?: Values | undefined;
  readonly genes: number;
  readonly cells: number;
  readonly chunks?: [number, number];
  readonly layers?: Readonly<Record<string, { values: Values; shape: [number, number] }>>;
  readonly rows?: Readonly<Record<string, readonly string[] | Values>>;
  readonly columns?: Readonly<Record<string, readonly string[] | Values>>;
}

let folder: string;
let path: string;
beforeAll(async () => {
  await ready;
  folder = mkdtempSync(join(tmpdir(), 'cfgen-loom-'));
  path = join(folder, 'x.loom');
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what}${i}`);

function make(content: Content): void {
  const { genes, cells, chunks } = content;
  const file = new File(path, 'w');
  const matrix = 'matrix' in content ? content.matrix : Int32Array.from({ length: genes * cells }, (_, i) => i % 3);
  const compressed = chunks ? { chunks, compression: 'gzip' as const, compression_opts: 2 } : {};
  if (matrix) file.create_dataset({ name: 'matrix', data: matrix, shape: [genes, cells], ...compressed });
  const group = file.create_group('layers');
  for (const [name, { values, shape }] of Object.entries(content.layers ?? {})) group.create_dataset({ name, data: values, shape });
  const attributes = {
    row_attrs: content.rows ?? { Gene: names('g', genes) },
    col_attrs: content.columns ?? { CellID: names('c', cells) },
  };
  for (const [part, entries] of Object.entries(attributes)) {
    const at = file.create_group(part);
    for (const [name, values] of Object.entries(entries)) at.create_dataset({ name, data: values as string[] });
  }
  file.close();
}

/** The matrix as the data set gives it, cells x genes. */
function dense(dataset: Dataset, memory?: number): number[][] {
  return [...dataset.rowBlocks(memory === undefined ? {} : { memory })].flatMap(({ rows }) =>
    Array.from({ length: rows.rows }, (_, row) => {
      const values = new Array<number>(rows.columns).fill(0);
      for (let entry = rows.indptr[row]; entry < rows.indptr[row + 1]; entry++) values[rows.indices[entry]] = rows.values[entry];
      return values;
    }),
  );
}

async function opened<Result>(use: (dataset: Dataset) => Result, options: OpenOptions = {}): Promise<Result> {
  const dataset = await openDataset(path, { tempFolder: folder, ...options });
  try {
    return use(dataset);
  } finally {
    dataset.close();
  }
}

describe('a Loom file', () => {
  it('is read as cells x genes, with the attributes of both', async () => {
    make({
      ...{ genes: 2, cells: 3, matrix: Int32Array.of(0, 1, 2, 3, 0, 5) },
      rows: { Gene: ['LYZ', 'CD3D'], Accession: ['E1', 'E2'] },
      columns: { CellID: ['a', 'b', 'c'], cell_type: ['T', 'B', 'T'], n: Float64Array.of(1, 2.5, 3) },
    });
    await opened((dataset) => {
      expect(dense(dataset)).toEqual([
        [0, 3],
        [1, 0],
        [2, 5],
      ]);
      expect(dataset).toMatchObject({ format: 'loom', countsAt: 'X', obsNames: ['a', 'b', 'c'], varNames: ['LYZ', 'CD3D'] });
      expect(dataset.varColumns.map(({ name }) => name)).toEqual(['Accession']);
      expect(dataset.label('cell_type', {}).categories).toEqual(['B', 'T']);
      expect([...dataset.numbers('n')]).toEqual([1, 2.5, 3]);
    });
  });

  it('gives the same matrix whatever its chunks and the memory', async () => {
    const chunkings = [undefined, [4, 4], [1, 37], [23, 1], [5, 37]] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 23 * 37, maxLength: 23 * 37 }),
        fc.constantFrom(...chunkings),
        fc.constantFrom(2_000, 20_000, 1e9),
        async (values, chunks, memory) => {
          values[0] = 1;
          make({ genes: 23, cells: 37, matrix: Int32Array.from(values), ...(chunks ? { chunks: [...chunks] } : {}) });
          const expected = Array.from({ length: 37 }, (_, cell) => Array.from({ length: 23 }, (_, gene) => values[gene * 37 + cell]));
          await opened((dataset) => expect(dense(dataset, memory)).toEqual(expected), { memory });
        },
      ),
      { numRuns: 12 },
    );
    expect(readdirSync(folder)).toEqual(['x.loom']);
  });

  it('turns chunks along the cells round in a temporary file when they do not fit into memory', async () => {
    const [genes, cells] = [40, 3_000];
    const values = Int32Array.from({ length: genes * cells }, (_, i) => (i * 7) % 4);
    make({ genes, cells, matrix: values, chunks: [1, cells] });
    // A column of chunks takes 2.9 MB, a quarter of the memory is 1 MiB.
    await opened(
      (dataset) => {
        const rows = dense(dataset, 50_000);
        expect(rows[1_234]).toEqual(Array.from({ length: genes }, (_, gene) => values[gene * cells + 1_234]));
        expect(rows.flat().reduce((sum, value) => sum + value, 0)).toBe(values.reduce((sum, value) => sum + value, 0));
      },
      { memory: 400_000 },
    );
    expect(readdirSync(folder)).toEqual(['x.loom']);
  });

  it('finds counts in the layer counts when the matrix is normalised, or in the layer asked for', async () => {
    const shape: [number, number] = [2, 3];
    make({
      ...{ genes: 2, cells: 3, matrix: Float32Array.of(0.5, 1.5, 0, 0, 2.5, 1) },
      layers: { counts: { values: Int32Array.of(1, 2, 0, 0, 5, 1), shape }, spliced: { values: Int32Array.of(9, 0, 0, 0, 0, 9), shape } },
    });
    await opened((dataset) => expect([dataset.countsAt, dataset.scan().total]).toEqual(['layers/counts', 9]));
    await opened((dataset) => expect([dataset.countsAt, dataset.scan().total]).toEqual(['layers/spliced', 18]), { layer: 'spliced' });
    await expect(openDataset(path, { layer: 'X' })).rejects.toMatchObject({ code: 'INPUT_NOT_COUNTS' });
    await expect(openDataset(path, { layer: 'none' })).rejects.toThrow(/no layer none; layers: counts, spliced/);
  });

  it.each([
    ['obs_names', 'var_names'],
    ['CellID', 'Gene'],
    ['cell_names', 'gene_names'],
    ['Barcode', 'Accession'],
  ])('finds names under %s and %s', async (cellNames, geneNames) => {
    make({ genes: 2, cells: 2, columns: { [cellNames]: ['a', 'b'] }, rows: { [geneNames]: ['x', 'y'] } });
    await opened((dataset) =>
      expect([dataset.obsNames, dataset.varNames]).toEqual([
        ['a', 'b'],
        ['x', 'y'],
      ]),
    );
  });

  it('reads characters that older files wrote as XML entities', async () => {
    make({ genes: 2, cells: 2, columns: { CellID: ['a', 'b'], kind: ['Gro&#223;', 'A &amp; B'] }, rows: { Gene: ['&#945;', 'y&x'] } });
    await opened((dataset) => {
      expect(dataset.varNames).toEqual(['α', 'y&x']);
      expect(dataset.column('kind')).toMatchObject({ values: ['Groß', 'A & B'] });
    });
  });

  it('makes repeated gene names unique and says so', async () => {
    make({ genes: 2, cells: 2, rows: { Gene: ['x', 'x'] } });
    await opened((dataset) => {
      expect(dataset.varNames).toEqual(['x', 'x-1']);
      expect(dataset.problems.map(({ code }) => code)).toContain('duplicate-feature-names');
    });
  });

  const two = { genes: 2, cells: 2 } as const;
  it.each<[string, Content, string, RegExp]>([
    ['without its matrix', { ...two, matrix: undefined }, 'INPUT_INCOMPLETE', /Loom file without its matrix/],
    [
      'without names of genes',
      { ...two, rows: { Chromosome: ['1', '2'] } },
      'INPUT_INCOMPLETE',
      /no names of genes: row_attrs holds Chromosome/,
    ],
    ['without names of cells', { ...two, columns: {} }, 'INPUT_INCOMPLETE', /no names of cells: col_attrs holds nothing/],
    [
      'with an attribute too short',
      { ...two, columns: { CellID: ['a', 'b'], kind: ['x'] } },
      'INPUT_DAMAGED',
      /col_attrs\/kind has 1 values for 2 cells/,
    ],
    ['with too many gene names', { ...two, rows: { Gene: ['a', 'b', 'c'] } }, 'INPUT_DAMAGED', /row_attrs\/Gene has 3 values for 2 genes/],
    [
      'with a layer of another shape',
      { ...two, layers: { counts: { values: Int32Array.of(1, 2), shape: [1, 2] } } },
      'INPUT_DAMAGED',
      /layers\/counts is 1 x 2, matrix is 2 x 2/,
    ],
    [
      'that is normalised',
      { ...two, matrix: Float32Array.of(0.5, 1, 2, 3) },
      'INPUT_NOT_COUNTS',
      /matrix has .*no layer named counts holds counts/,
    ],
    [
      'with negative values',
      { ...two, matrix: Int32Array.of(1, -1, 2, 3) },
      'INPUT_NOT_COUNTS',
      /matrix has 1 negative value \(first: cell c1, gene g0\)/,
    ],
    ['without any count', { ...two, matrix: new Int32Array(4) }, 'INPUT_EMPTY', /no counts/],
  ])('%s is refused', async (_, content, code, message) => {
    make(content);
    await expect(openDataset(path, { tempFolder: folder })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(readdirSync(folder)).toEqual(['x.loom']);
  });
});
