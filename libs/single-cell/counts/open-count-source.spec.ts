import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset/dataset';
import { featuresSeenInAtLeast } from '../dataset/scan';
import { openDataset } from '../opening/open-dataset';
import type { OpenCountSource } from './closable-count-source';
import { openCountSource } from './open-count-source';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pbmc3k = fileURLToPath(new URL('../../../../shared/data/pbmc3k.h5ad', import.meta.url));

function rows(source: OpenCountSource, cells: readonly number[]): { indptr: number[]; indices: number[]; values: number[] } {
  const block = source.gather(Uint32Array.from(cells));
  return { indptr: [...block.indptr], indices: [...block.indices], values: [...block.values] };
}

describe('counts to gather from', () => {
  let tempFolder = '';
  let dataset: Dataset;
  beforeAll(async () => {
    tempFolder = mkdtempSync(join(tmpdir(), 'counts-'));
    dataset = await openDataset(join(fixtures, 'base.h5ad.gz'), { tempFolder });
  });
  afterAll(() => {
    dataset.close();
    expect(readdirSync(tempFolder)).toEqual([]);
    rmSync(tempFolder, { recursive: true });
  });

  it('are kept in memory when they fit, otherwise in a file', () => {
    const inMemory = openCountSource(dataset, { memory: 45_000 * 8 + 4 * 301 });
    const onDisk = openCountSource(dataset, { memory: 45_000 * 8 });
    expect([inMemory.kind, onDisk.kind]).toEqual(['memory', 'file']);
    expect([inMemory.rows, inMemory.columns]).toEqual([300, 1000]);
    inMemory.close();
    onDisk.close();
  });

  it('are the same rows from memory and from a file, in the order asked for, repeats included', () => {
    const inMemory = openCountSource(dataset, { memory: 1e9 });
    const onDisk = openCountSource(dataset, { memory: 1000 });
    const everyRow = Array.from({ length: 300 }, (_, i) => (i * 7) % 300);
    for (const cells of [everyRow, [5, 5, 299, 0, 5], [], [17]]) expect(rows(onDisk, cells)).toEqual(rows(inMemory, cells));
    const whole = dataset.readRows(0, 300);
    const ordered = rows(inMemory, [...Array(300).keys()]);
    expect(ordered.values).toEqual([...whole.values]);
    expect(ordered.indices).toEqual([...whole.indices]);
    inMemory.close();
    onDisk.close();
  });

  it('can be cut to features and cells, in another order of features, with features the data lack', () => {
    const features = [900, -1, 3, 500];
    const cells = [2, 10, 250];
    for (const memory of [1e9, 1]) {
      const source = openCountSource(dataset, { memory, features, cells });
      expect([source.rows, source.columns]).toEqual([3, 4]);
      const block = source.gather(Uint32Array.of(0, 1, 2));
      for (const [i, cell] of cells.entries()) {
        const row = dataset.readRows(cell, cell + 1);
        const full = new Map([...row.indices].map((column, entry) => [column, row.values[entry]]));
        const wanted = features
          .flatMap((feature, column) => (full.has(feature) ? [[column, full.get(feature)]] : []))
          .sort(([a], [b]) => Number(a) - Number(b));
        const got = [...block.indices.subarray(block.indptr[i], block.indptr[i + 1])].map((column, entry) => [
          column,
          block.values[block.indptr[i] + entry],
        ]);
        expect(got).toEqual(wanted);
      }
      source.close();
    }
  });

  it('refuse cells out of order and features asked for twice', () => {
    expect(() => openCountSource(dataset, { memory: 1e9, cells: [3, 2] })).toThrow(/ascending/);
    expect(() => openCountSource(dataset, { memory: 1e9, features: [3, 3] })).toThrow(/twice/);
    expect(() => openCountSource(dataset, { memory: 1e9, features: [1000] })).toThrow(/no feature 1000/);
  });

  it('keep features seen in enough cells', () => {
    const scan = dataset.scan();
    const kept = featuresSeenInAtLeast(scan, 30);
    expect(kept.length).toBeGreaterThan(0);
    expect([...kept].every((column) => scan.featureCells[column] >= 30)).toBe(true);
    expect(scan.featureCells.filter((cells) => cells >= 30)).toHaveLength(kept.length);
  });

  it.runIf(existsSync(pbmc3k))('keep the 8,573 genes of PBMC3K seen in at least 30 cells, and all of their counts', async () => {
    const whole = await openDataset(pbmc3k);
    const features = featuresSeenInAtLeast(whole.scan(), 30);
    expect(features).toHaveLength(8573);
    expect(featuresSeenInAtLeast(whole.scan(), 20)).toHaveLength(9648);
    const total = features.reduce((sum, column) => sum + whole.scan().featureTotals[column], 0);
    const source = openCountSource(whole, { memory: 1e6, features });
    whole.close();
    const gathered = source.gather(Uint32Array.from({ length: source.rows }, (_, i) => i));
    expect(gathered.values.reduce((sum, value) => sum + value, 0)).toBe(total);
    source.close();
  });
});
