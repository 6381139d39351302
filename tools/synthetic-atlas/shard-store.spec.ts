import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZarrWriter, openDataset } from '@cfgen/single-cell';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shardStore } from './shard-store';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-shards-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every count is seen, so that few cells fill two chunks of 2^20 entries. */
const [cells, features] = [1200, 1000];
const countOf = (cell: number, feature: number): number => 1 + ((7 * cell + 3 * feature) % 11);

async function storeWith(path: string): Promise<void> {
  const writer = createZarrWriter(path, { format: 3, features: { names: names('gene', features), columns: {} } });
  await writer.append({
    rows: cells,
    columns: features,
    indptr: Uint32Array.from({ length: cells + 1 }, (_, cell) => cell * features),
    indices: Uint32Array.from({ length: cells * features }, (_, at) => at % features),
    values: Float32Array.from({ length: cells * features }, (_, at) => countOf(Math.floor(at / features), at % features)),
  });
  await writer.finish({ obs: { names: names('cell', cells), columns: {} } });
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

it.each([
  ['a chunk in each', 1, ['0', '1']],
  ['room for more chunks than there are', 4, ['0']],
] as const)('gathers chunks into shards that read as before: %s', async (_, chunksPerShard, files) => {
  const path = join(folder, 'cells.zarr');
  await storeWith(path);
  expect(readdirSync(join(path, 'X/data/c')).sort()).toEqual(['0', '1']);
  shardStore(path, chunksPerShard);
  for (const array of ['X/data', 'X/indices']) expect(readdirSync(join(path, array, 'c')).sort()).toEqual(files);
  const dataset = await openDataset(path);
  expect(dataset.cells).toBe(cells);
  for (const [start, end] of [
    [0, 2],
    [1040, 1060],
    [1199, 1200],
  ] as const) {
    const { values, indices } = dataset.readRows(start, end);
    expect(Array.from(indices.subarray(0, 3))).toEqual([0, 1, 2]);
    expect(Array.from(values)).toEqual(
      Array.from({ length: (end - start) * features }, (_, at) => countOf(start + Math.floor(at / features), at % features)),
    );
  }
  dataset.close();
});
