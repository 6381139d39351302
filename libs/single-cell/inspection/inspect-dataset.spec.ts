import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../opening/open-dataset';
import { inspectDataset } from './inspect-dataset';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

describe('inspecting a file', () => {
  it('tells its figures, columns, what training needs, and its identity', async () => {
    const seen = await inspectDataset(join(fixtures, 'base.h5ad.gz'));
    expect(seen).toMatchObject({
      cells: 300,
      features: 1000,
      nonzeros: 45_000,
      total: 318_854,
      density: 0.15,
      countsAt: 'X',
      format: 'h5ad',
    });
    const cellType = seen.obs.find(({ name }) => name === 'cell_type');
    expect(cellType?.label).toEqual({ usable: true });
    expect(cellType?.categories?.[0]).toEqual({ value: 'CD4 T cells', cells: 133 });
    const genes = seen.obs.find(({ name }) => name === 'n_genes');
    expect(genes?.label).toMatchObject({ usable: false });
    expect(genes?.range?.min).toBeGreaterThan(0);
    expect(seen.librarySize.mean * seen.cells).toBeCloseTo(seen.total, 6);
    expect(seen.training.memoryBytes.total).toBe(
      seen.training.memoryBytes.counts + seen.training.memoryBytes.model + seen.training.memoryBytes.batch,
    );
    expect(seen.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  });

  it('splits features by modality', async () => {
    const { modalities, features, total, problems } = await inspectDataset(join(fixtures, '10x_multiome_small.h5'));
    expect(features).toBe(219);
    expect(modalities.map((group) => [group.modality, group.features])).toEqual([
      ['rna', 45],
      ['atac', 174],
    ]);
    expect(problems.map(({ code }) => code)).toContain('several-modalities');
    expect(modalities.reduce((sum, group) => sum + group.total, 0)).toBe(total);
  });

  it('refuses damaged files as opening does', async () => {
    await expect(inspectDataset(join(fixtures, 'indptr_not_monotone.h5ad'))).rejects.toThrow(/row pointers are not increasing at row 10/);
    await expect(inspectDataset(join(fixtures, 'truncated_gzip.h5ad.gz'))).rejects.toThrow(/the gzip stream ends early/);
    await expect(inspectDataset(join(fixtures, 'nowhere.h5ad'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await expect(inspectDataset(fixtures)).rejects.toMatchObject({ code: 'INPUT_FORMAT' });
  });

  it('stops unpacking at the limit', async () => {
    await expect(openDataset(join(fixtures, 'base.h5ad.gz'), { unpackLimit: 100_000 })).rejects.toThrow(
      /unpacks to more than 100,000 bytes/,
    );
  });
});
