import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { File, ready } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCountSource } from '../counts/open-count-source';
import type { Dataset } from '../dataset/dataset';
import { openDataset } from '../opening/open-dataset';
import { createH5adWriter } from '../writing/h5ad-writer';
import { modalitiesOf, multimodalKind } from './multimodal-kind';
import { openMultimodal, type MultimodalDataset } from './open-multimodal';

const fixture = fileURLToPath(new URL('../fixtures/10x_multiome_small.h5', import.meta.url));
const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

let folder: string;
let path: string;
beforeAll(async () => {
  await ready;
  folder = mkdtempSync(join(tmpdir(), 'cfgen-multimodal-'));
  path = join(folder, 'x.h5mu');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** SHA-256 of the matrix written out densely as little-endian int32, row after row. */
function denseHash(dataset: Dataset): string {
  const hash = createHash('sha256');
  for (const { rows } of dataset.rowBlocks({ memory: 100_000 })) {
    const dense = new Int32Array(rows.rows * rows.columns);
    for (let row = 0; row < rows.rows; row++) {
      for (let entry = rows.indptr[row]; entry < rows.indptr[row + 1]; entry++)
        dense[row * rows.columns + rows.indices[entry]] = rows.values[entry];
    }
    hash.update(new Uint8Array(dense.buffer));
  }
  return hash.digest('hex');
}

const content = ({ rna, atac }: MultimodalDataset): unknown => ({
  cells: rna.obsNames,
  genes: rna.varNames,
  peaks: atac.varNames,
  rna: denseHash(rna),
  atac: denseHash(atac),
});

/** Opens, uses and closes both. */
async function both<Result>(
  file: string,
  use: (opened: MultimodalDataset) => Result | Promise<Result>,
  options: Parameters<typeof openMultimodal>[1] = {},
): Promise<Result> {
  const opened = await openMultimodal(file, { tempFolder: folder, ...options });
  try {
    return await use(opened);
  } finally {
    opened.close();
  }
}

interface Modality {
  readonly cells: readonly string[];
  /** Cells x features, row-major. */
  readonly values: readonly number[];
  readonly features: readonly string[];
  readonly obs?: Readonly<Record<string, readonly string[]>>;
  readonly obsm?: Readonly<Record<string, readonly number[]>>;
}

interface MuDataContent {
  readonly modalities: Readonly<Record<string, Modality>>;
  readonly obs?: { readonly names: readonly string[]; readonly columns: Readonly<Record<string, readonly string[]>> };
  readonly obsmap?: Readonly<Record<string, readonly number[]>>;
  readonly axis?: number;
}

/** A MuData file with nothing in it but what is given. */
function makeMuData({ modalities, obs, obsmap, axis }: MuDataContent): void {
  const file = new File(path, 'w');
  if (axis !== undefined) file.create_attribute('axis', axis, null, '<i');
  const table = (at: string, names: readonly string[], columns: Readonly<Record<string, readonly string[]>> = {}): void => {
    file.create_group(at);
    for (const [name, values] of Object.entries({ _index: names, ...columns })) {
      file.create_dataset({ name: `${at}/${name}`, data: [...values] });
    }
  };
  file.create_group('mod');
  for (const [name, { cells, values, features, obs: own, obsm = {} }] of Object.entries(modalities)) {
    file.create_group(`mod/${name}`);
    file.create_dataset({ name: `mod/${name}/X`, data: Int32Array.from(values), shape: [cells.length, features.length] });
    table(`mod/${name}/obs`, cells, own);
    table(`mod/${name}/var`, features);
    file.create_group(`mod/${name}/obsm`);
    for (const [key, numbers] of Object.entries(obsm)) {
      file.create_dataset({ name: `mod/${name}/obsm/${key}`, data: Float32Array.from(numbers), shape: [cells.length, 1] });
    }
  }
  if (obs) table('obs', obs.names, obs.columns);
  if (obsmap) file.create_group('obsmap');
  for (const [name, rows] of Object.entries(obsmap ?? {})) file.create_dataset({ name: `obsmap/${name}`, data: Uint32Array.from(rows) });
  file.close();
}

const rows = (dataset: Dataset): number[][] =>
  Array.from({ length: dataset.cells }, (_, cell) => {
    const block = dataset.readRows(cell, cell + 1);
    const values = new Array<number>(block.columns).fill(0);
    for (let entry = 0; entry < block.indptr[1]; entry++) values[block.indices[entry]] = block.values[entry];
    return values;
  });

const rna: Modality = { cells: ['a', 'b', 'c'], features: ['g1', 'g2'], values: [1, 0, 2, 0, 3, 0] };
const atac: Modality = { cells: ['c', 'x', 'a'], features: ['p1'], values: [30, 99, 10] };

describe('RNA and ATAC of the same cells', () => {
  it('are the same from a 10x file, a 10x folder, one AnnData file and two', async () => {
    const expected = await both(fixture, content);
    const whole = await openDataset(fixture);
    const types = whole.varColumns.find(({ name }) => name === 'feature_types')?.read();
    if (types?.kind !== 'string') throw new Error('the types of the features are text');

    const tenx = join(folder, 'tenx');
    mkdirSync(tenx);
    const entries: string[] = [];
    for (const { start, rows: block } of whole.rowBlocks()) {
      for (let row = 0; row < block.rows; row++) {
        for (let entry = block.indptr[row]; entry < block.indptr[row + 1]; entry++) {
          entries.push(`${block.indices[entry] + 1} ${start + row + 1} ${block.values[entry]}`);
        }
      }
    }
    const header = `%%MatrixMarket matrix coordinate integer general\n${whole.features} ${whole.cells} ${entries.length}\n`;
    writeFileSync(join(tenx, 'matrix.mtx.gz'), gzipSync(`${header}${entries.join('\n')}\n`));
    writeFileSync(join(tenx, 'barcodes.tsv.gz'), gzipSync(whole.obsNames.join('\n')));
    const lines = whole.varNames.map((name, i) => [name, name, types.values[i], 'chr1', i, i + 9].join('\t'));
    writeFileSync(join(tenx, 'features.tsv.gz'), gzipSync(lines.join('\n')));
    expect(await both(tenx, content)).toEqual(expected);
    await both(tenx, (opened) => expect(opened.atac.varColumns.map(({ name }) => name)).toContain('interval'));

    const one = join(folder, 'one.h5ad');
    const column = { kind: 'string', values: types.values } as const;
    const obs = { names: whole.obsNames, columns: {} };
    const writer = createH5adWriter(one, { features: { names: whole.varNames, columns: { feature_types: column } } });
    await writer.append(whole.readRows(0, whole.cells));
    await writer.finish({ obs });
    expect(await both(one, content)).toEqual(expected);

    const pair = { rna: join(folder, 'rna.h5ad'), atac: join(folder, 'atac.h5ad') };
    for (const modality of ['rna', 'atac'] as const) {
      const dataset = await openDataset(fixture, { modality });
      const part = createH5adWriter(pair[modality], { features: { names: dataset.varNames, columns: {} } });
      await part.append(dataset.readRows(0, dataset.cells));
      await part.finish({ obs });
      dataset.close();
    }
    expect(await both(pair.rna, content, { atac: pair.atac })).toEqual(expected);
    const hashes = await both(pair.rna, ({ rna, atac }) => Promise.all([rna.contentHash(), atac.contentHash()]), { atac: pair.atac });
    const bytes = Buffer.concat([readFileSync(pair.rna), readFileSync(pair.atac)]);
    expect(new Set(hashes)).toEqual(new Set([createHash('sha256').update(bytes).digest('hex')]));
    whole.close();

    expect(await Promise.all([fixture, tenx, one, pair.rna].map((file) => multimodalKind(file)))).toEqual([
      ...['multimodal', 'multimodal', 'multimodal', 'single'],
    ]);
  });

  it('are joined by name in the order of RNA, and what is left out is told', async () => {
    makeMuData({ modalities: { atac: { ...atac, obsm: { X_lsi: [3, 2, 1] } }, rna: { ...rna, obsm: { X_pca: [1, 2, 3] } } } });
    await both(path, async (opened) => {
      expect((await opened.rna.embedding('X_pca')).values).toEqual(Float32Array.of(1, 3));
      expect((await opened.atac.embedding('X_lsi')).values).toEqual(Float32Array.of(1, 3));
      await expect(opened.atac.embedding('X_pca')).rejects.toThrow(/no obsm entry X_pca; entries: X_lsi/);
      expect(opened.rna.obsNames).toEqual(['a', 'c']);
      expect(opened.atac.obsNames).toEqual(['a', 'c']);
      expect(rows(opened.rna)).toEqual([
        [1, 0],
        [3, 0],
      ]);
      expect(rows(opened.atac)).toEqual([[10], [30]]);
      expect(opened.problems.map(({ code }) => code)).toEqual(['cells-not-shared']);
      expect(opened.problems[0]?.message).toMatch(/2 cells are in one modality only \(1 in rna, 1 in atac\)/);
    });
    expect(await modalitiesOf(path)).toEqual(['atac', 'rna']);
  });

  it('find a label under its plain name wherever the file keeps it', async () => {
    const names = ['a', 'b', 'c', 'x'];
    const cases: MuDataContent[] = [
      { modalities: { rna: { ...rna, obs: { kind: ['T', 'B', 'NK'] } }, atac } },
      { modalities: { rna, atac: { ...atac, obs: { kind: ['NK', 'T', 'T'] } } } },
      { modalities: { rna, atac }, obs: { names: ['x', 'c', 'b', 'a'], columns: { kind: ['?', 'NK', 'B', 'T'] } } },
      { modalities: { rna, atac }, obs: { names, columns: { 'rna:kind': ['T', 'B', 'NK', ''] } } },
      { modalities: { rna, atac }, obs: { names, columns: { 'atac:kind': ['T', '', 'NK', 'T'] } } },
    ];
    for (const given of cases) {
      makeMuData(given);
      await both(path, (opened) => {
        for (const dataset of [opened.rna, opened.atac]) {
          expect(dataset.label('kind')).toMatchObject({ categories: ['NK', 'T'], codes: Int32Array.of(1, 0) });
        }
      });
    }
  });

  it('say where labels differ, and keep both', async () => {
    makeMuData({
      modalities: { rna: { ...rna, obs: { kind: ['T', 'B', 'NK'] } }, atac: { ...atac, obs: { kind: ['B', 'T', 'T'] } } },
      obs: { names: ['a', 'c'], columns: { donor: ['d1', 'd2'] } },
    });
    await both(path, (opened) => {
      expect(opened.problems.map(({ message }) => message)).toContain('1 cell has another kind in atac than in rna: that of rna is used');
      expect(opened.rna.label('kind').categories).toEqual(['NK', 'T']);
      expect(opened.rna.label('atac:kind').categories).toEqual(['B', 'T']);
      expect(opened.atac.label('donor').categories).toEqual(['d1', 'd2']);
    });
    const alone = await openDataset(path, { modality: 'atac' });
    expect(alone.cells).toBe(3);
    expect(alone.label('kind').categories).toEqual(['B', 'T']);
    // The shared obs does not know cell x.
    expect(alone.label('donor', { missing: 'keep' }).codes).toEqual(Int32Array.of(1, -1, 0));
    alone.close();
  });

  it('are joined by obsmap where names repeat, and refused where nothing says which cells are the same', async () => {
    const modalities = { rna: { ...rna, cells: ['a', 'a', 'b'] }, atac: { ...atac, cells: ['b', 'a', 'a'] } };
    makeMuData({ modalities, obsmap: { rna: [1, 2, 3], atac: [3, 2, 0] } });
    await both(path, (opened) => {
      expect(rows(opened.rna)).toEqual([
        [1, 0],
        [2, 0],
      ]);
      expect(rows(opened.atac)).toEqual([[10], [99]]);
    });
    makeMuData({ modalities, obsmap: { rna: [1, 2, 9], atac: [3, 2, 1] } });
    await expect(openMultimodal(path)).rejects.toMatchObject({ code: 'INPUT_DAMAGED' });
    makeMuData({ modalities });
    await expect(openMultimodal(path)).rejects.toThrow(/the cell name a occurs more than once, so cells cannot be joined by name/);
  });

  it('are read with the memory given, ATAC in another order through a temporary file', async () => {
    const [cells, peaks] = [500, 60];
    const names = Array.from({ length: cells }, (_, i) => `cell${i}`);
    const values = Array.from({ length: cells * peaks }, (_, i) => (i * 7) % 5);
    makeMuData({
      modalities: {
        rna: { cells: names, features: ['g'], values: names.map((_, i) => i + 1) },
        atac: { cells: [...names].reverse(), features: Array.from({ length: peaks }, (_, i) => `p${i}`), values },
      },
    });
    for (const memory of [60_000, 1e9]) {
      await both(
        path,
        (opened) => {
          const source = openCountSource(opened.atac, { memory: 1e6 });
          const block = source.gather(Uint32Array.of(0, 321));
          const first = values.slice((cells - 1) * peaks).flatMap((value, peak) => (value === 0 ? [] : [[peak, value]]));
          expect(Array.from({ length: block.indptr[1] }, (_, entry) => [block.indices[entry], block.values[entry]])).toEqual(first);
          source.close();
        },
        { memory },
      );
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  });

  it('can be closed one after the other', async () => {
    for (const file of [fixture, path]) {
      makeMuData({ modalities: { rna, atac } });
      const opened = await openMultimodal(file);
      opened.rna.close();
      expect(opened.atac.scan().total).toBeGreaterThan(0);
      opened.atac.close();
      expect(() => opened.atac.readRows(0, 1)).toThrow(/closed/);
    }
  });

  it('are refused when one is missing, when files are swapped, and when parts share features instead of cells', async () => {
    makeMuData({ modalities: { rna, protein: atac } });
    await expect(openMultimodal(path)).rejects.toMatchObject({
      code: 'INPUT_INCOMPLETE',
      message: expect.stringMatching(/no atac modality; found: rna, protein|protein, rna/) as string,
    });
    expect(await multimodalKind(path)).toBe('single');
    const single = await openDataset(path);
    expect(single.problems.map(({ message }) => message)).toEqual(['x.h5mu: rna is read, protein is left aside']);
    single.close();
    makeMuData({ modalities: { rna, gex: atac } });
    await expect(openMultimodal(path)).rejects.toThrow(/two modalities that are rna/);
    makeMuData({ modalities: { rna, atac }, axis: 1 });
    await expect(openMultimodal(path)).rejects.toThrow(/share features, not cells/);
    const only = join(folder, 'peaks.h5ad');
    const types = { kind: 'string', values: ['Peaks'] } as const;
    const writer = createH5adWriter(only, { features: { names: ['p'], columns: { feature_types: types } } });
    await writer.append({ rows: 1, columns: 1, indptr: Uint32Array.of(0, 1), indices: Uint32Array.of(0), values: Float32Array.of(1) });
    await writer.finish({ obs: { names: ['a'], columns: {} } });
    await expect(openMultimodal(only, { atac: only })).rejects.toThrow(/peaks\.h5ad holds atac, not rna/);
    await expect(openMultimodal(only)).rejects.toThrow(/holds atac only; RNA and ATAC of the same cells are needed/);
  });
});

describe.runIf(existsSync(shared))('multiome data sets', () => {
  // Counts as the table of the data sets tells them.
  it.each([
    ['bmmc_multiome.h5mu', 500, 1_134, 432_098, 600, 100_233, ['cell_type', 'batch', 'phase']],
    ['a549_multiome.h5mu', 2_641, 1_185, 1_821_429, 15_577, 796_123, ['treatment_time']],
    ['muon_multiome.h5mu', 1_000, 45, 63_338, 174, 43_888, []],
  ])('%s', async (file, cells, genes, rnaTotal, peaks, atacTotal, labels) => {
    await both(join(shared, file), (opened) => {
      expect([opened.rna.cells, opened.atac.cells]).toEqual([cells, cells]);
      expect([opened.rna.features, opened.rna.scan().total]).toEqual([genes, rnaTotal]);
      expect([opened.atac.features, opened.atac.scan().total]).toEqual([peaks, atacTotal]);
      for (const label of labels) expect(opened.atac.label(label).codes).toEqual(opened.rna.label(label).codes);
    });
  });

  it('partial_overlap.h5mu gives both matrices for the cells in common, whatever the memory', async () => {
    const all = JSON.parse(readFileSync(join(shared, 'formats/expected.json'), 'utf8')) as Record<string, Record<string, unknown>>;
    const expected = all['partial_overlap.h5mu'];
    for (const memory of [400_000, 1e9]) {
      await both(
        join(shared, 'formats/partial_overlap.h5mu'),
        (opened) => {
          expect(opened.rna.cells).toBe(expected?.['common_cells']);
          expect(denseHash(opened.rna)).toBe(expected?.['dense_int32_sha256']);
          expect(denseHash(opened.atac)).toBe(expected?.['atac_dense_int32_sha256']);
          expect(opened.atac.scan().total).toBe(expected?.['atac_total']);
        },
        { memory },
      );
    }
  });

  it('interval and genome of the features are kept', async () => {
    await both(join(shared, 'muon_multiome.h5mu'), (opened) => {
      expect(opened.atac.varColumns.map(({ name }) => name)).toEqual(['gene_ids', 'feature_types', 'genome', 'interval']);
    });
    await both(fixture, (opened) => expect(opened.atac.varColumns.map(({ name }) => name)).toContain('genome'));
  });
});
