import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../opening/open-dataset';
import { createH5adWriter } from '../writing/h5ad-writer';

const everything = fileURLToPath(new URL('../../../../shared/data/formats/everything.h5ad', import.meta.url));

describe('embeddings of a file', () => {
  it('come back as they were written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cfgen-obsm-'));
    const path = join(folder, 'cells.h5ad');
    const writer = createH5adWriter(path, { features: { names: ['CD3D', 'LYZ'], columns: {} } });
    const counts = { indptr: Uint32Array.of(0, 1, 2), indices: Uint32Array.of(0, 1), values: Float32Array.of(3, 5) };
    await writer.append({ rows: 2, columns: 2, ...counts });
    const obsm = { X_pca: Float64Array.of(1, 2, 3, 4, 5, 6), X_cfgen: Float32Array.of(0.5, -0.5) };
    await writer.finish({ obs: { names: ['a', 'b'], columns: {} }, obsm });
    const dataset = await openDataset(path);
    expect([...dataset.obsmNames].sort()).toEqual(['X_cfgen', 'X_pca']);
    expect(await dataset.embedding('X_pca')).toEqual({ values: obsm.X_pca, dims: 3 });
    expect(await dataset.embedding('X_cfgen')).toEqual({ values: obsm.X_cfgen, dims: 1 });
    await expect(dataset.embedding('X_pcs')).rejects.toMatchObject({
      code: 'REQUEST_UNKNOWN_VALUE',
      message: expect.stringContaining('entries: ') as string,
      hint: 'did you mean X_pca?',
    });
    dataset.close();
    rmSync(folder, { recursive: true });
  });
});

describe.runIf(existsSync(everything))('embeddings that anndata wrote', () => {
  it('are read when they are dense, and refused when they are tables or sparse', async () => {
    const dataset = await openDataset(everything);
    const { values, dims } = await dataset.embedding('X_pca');
    expect([values.length, dims]).toEqual([3000, 10]);
    expect(values.every(Number.isFinite)).toBe(true);
    for (const name of ['frame', 'sparse']) {
      await expect(dataset.embedding(name)).rejects.toMatchObject({
        code: 'INPUT_UNSUPPORTED',
        message: expect.stringContaining(name) as string,
      });
    }
    dataset.close();
  });
});
