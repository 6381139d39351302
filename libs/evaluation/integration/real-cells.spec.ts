import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { approximateNeighbours, denseMatrix, gatherRows, nearestNeighbours, principalComponents } from '@cfgen/math';
import { openCountSource, openDataset } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import { selectedCounts } from '../cells/stored-counts';
import { logNormalised } from '../preprocessing/log-normalise';
import { unintegratedEmbedding } from './unintegrated';

const bundled = fileURLToPath(new URL('../../../apps/cli/assets/pbmc3k.h5ad', import.meta.url));
const donors = fileURLToPath(new URL('../../../../shared/data/kang_donors.h5ad', import.meta.url));

describe('the embedding of uncorrected cells', () => {
  it('holds the principal components of the log-normalised counts of all genes', async () => {
    const dataset = await openDataset(bundled);
    const all = openCountSource(dataset, { memory: 1 << 28 });
    dataset.close();
    const counts = selectedCounts(
      all,
      Uint32Array.from({ length: 150 }, (_, i) => 17 * i),
    );
    const { values, dims } = unintegratedEmbedding(counts, 10);
    expect(dims).toBe(10);
    const genes = Array.from({ length: counts.columns }, (_, gene) => gene);
    const { scores } = principalComponents(logNormalised(counts, genes), 10);
    values.forEach((value, at) => expect(Math.abs(value - scores.values[at])).toBeLessThan(1e-6));
  });
});

describe.runIf(existsSync(donors))('approximate neighbours of 6,130 cells of eight donors', () => {
  it('are more than 95 % of the true ones, as the measured recall says', async () => {
    const dataset = await openDataset(donors);
    const cells = Uint32Array.from({ length: 6130 }, (_, i) => 2 * i);
    const counts = openCountSource(dataset, { memory: 1 << 29, cells });
    dataset.close();
    const { values, dims } = unintegratedEmbedding(counts, 20);
    const x = denseMatrix(counts.rows, dims, values);
    const { neighbours, recall } = approximateNeighbours(x, 14, { seed: 1 });
    // Other cells than the recall was measured on.
    const rows = Array.from({ length: 400 }, (_, i) => 15 * i + 7);
    const exact = nearestNeighbours(gatherRows(x, rows), x, 15);
    let hits = 0;
    rows.forEach((row, at) => {
      const others = new Set(exact.indices.subarray(at * 15, (at + 1) * 15));
      for (const other of neighbours.indices.subarray(row * 14, (row + 1) * 14)) if (others.has(other)) hits++;
    });
    expect(recall).toBeGreaterThan(0.95);
    expect(Math.abs(hits / (400 * 14) - recall)).toBeLessThan(0.02);
  }, 120_000);
});
