import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createH5adWriter, openDataset, type H5adColumn } from '@cfgen/single-cell';
import { afterAll, expect, it } from 'vitest';
import { requestedSizesOf } from './requested-sizes';

const folder = mkdtempSync(join(tmpdir(), 'cfgen-requested-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function requestedIn(name: string, columns: Record<string, H5adColumn>, rows: readonly number[]): Promise<number[] | undefined> {
  const path = join(folder, name);
  const writer = createH5adWriter(path, { features: { names: ['a'], columns: {} } });
  const three = {
    rows: 3,
    columns: 1,
    indptr: Uint32Array.of(0, 1, 2, 3),
    indices: Uint32Array.of(0, 0, 0),
    values: Float32Array.of(1, 2, 3),
  };
  await writer.append(three);
  await writer.finish({ obs: { names: ['x', 'y', 'z'], columns } });
  const dataset = await openDataset(path);
  const found = requestedSizesOf(dataset, Uint32Array.from(rows));
  dataset.close();
  return found && Array.from(found);
}

const sizes = { kind: 'numeric', values: Float64Array.of(10, 20, 30) } as const;
const synthetic = (...values: number[]) => ({ kind: 'boolean', values: Uint8Array.from(values) }) as const;

it('requested sizes are those of the generated cells among the rows, in their order', async () => {
  expect(await requestedIn('all.h5ad', { size_factor: sizes, is_synthetic: synthetic(1, 1, 1) }, [2, 0])).toEqual([30, 10]);
  expect(await requestedIn('some.h5ad', { size_factor: sizes, is_synthetic: synthetic(0, 1, 0) }, [0, 1])).toEqual([NaN, 20]);
});

it('a column of size factors of real cells is no request', async () => {
  expect(await requestedIn('real.h5ad', { size_factor: sizes }, [0, 1, 2])).toBeUndefined();
  expect(await requestedIn('none.h5ad', { size_factor: sizes, is_synthetic: synthetic(0, 0, 0) }, [0, 1, 2])).toBeUndefined();
  expect(await requestedIn('part.h5ad', { size_factor: sizes, is_synthetic: synthetic(0, 0, 1) }, [0, 1])).toBeUndefined();
  expect(await requestedIn('without.h5ad', { is_synthetic: synthetic(1, 1, 1) }, [0])).toBeUndefined();
});
