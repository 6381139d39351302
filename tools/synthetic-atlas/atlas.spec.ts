import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomKey, RandomStream } from '@cfgen/math';
import { openDataset } from '@cfgen/single-cell';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AliasTable } from './alias-table';
import { writeAtlas, type AtlasOptions } from './atlas';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-atlas-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const small = { cells: 600, features: 1500, density: 0.05, labels: 4, batches: 2, seed: 3, overwrite: true };

async function made(options: Partial<AtlasOptions>): Promise<{ readonly sha256: string; readonly density: number; readonly path: string }> {
  const all = { ...small, out: join(folder, 'atlas.h5ad'), ...options };
  const nonZeros = await writeAtlas(all);
  return {
    sha256: createHash('sha256').update(readFileSync(all.out)).digest('hex'),
    density: nonZeros / (all.cells * all.features),
    path: all.out,
  };
}

describe('the synthetic atlas', () => {
  it('is the same for the same seed whatever the block, and another for another seed', async () => {
    const first = await made({});
    expect((await made({ block: 7 })).sha256).toBe(first.sha256);
    expect((await made({ seed: 4 })).sha256).not.toBe(first.sha256);
  });

  it.each([0.02, 0.05, 0.3])('has about the share of non-zeros asked for: %f', async (density) => {
    expect((await made({ density })).density / density).toBeCloseTo(1, 0.7);
  });

  it('opens as counts with labels', async () => {
    const dataset = await openDataset((await made({})).path);
    expect([dataset.cells, dataset.features]).toEqual([small.cells, small.features]);
    const rows = dataset.readRows(0, small.cells);
    expect(rows.values.subarray(0, rows.indptr[small.cells]).every((count) => count > 0 && Number.isInteger(count))).toBe(true);
    expect(dataset.label('cell_type').categories).toEqual(['type_1', 'type_2', 'type_3', 'type_4']);
    dataset.close();
  });
});

describe('the alias table', () => {
  it('draws each index as often as its probability says', () => {
    const probabilities = Float64Array.of(0.5, 0, 0.125, 0.375);
    const table = new AliasTable(probabilities);
    const stream = new RandomStream(randomKey(1, 'spec'));
    const counts = [0, 0, 0, 0];
    const draws = 100_000;
    for (let draw = 0; draw < draws; draw += 1) counts[table.draw(stream)]! += 1;
    expect(counts[1]).toBe(0);
    // Five standard deviations of a binomial count.
    probabilities.forEach((p, index) =>
      expect(Math.abs(counts[index]! - p * draws)).toBeLessThanOrEqual(5 * Math.sqrt(draws * p * (1 - p))),
    );
  });
});
