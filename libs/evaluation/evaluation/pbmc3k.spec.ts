import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { featuresSeenInAtLeast, openCountSource, openDataset, readSplit } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import type { CellSet } from '../cells/cell-set';
import { matchingTrainingCells } from '../references/matching-cells';
import { evaluateCells } from './evaluate-cells';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const hvgList = path('../../../../shared/golden/scanpy/hvg_pbmc3k_test.json');

/** Training and test cells of the bundled PBMC3K sample on the genes seen in at least 30 cells. */
async function pbmc3k(): Promise<{ genes: string[]; train: CellSet; test: CellSet }> {
  const dataset = await openDataset(path('../../../apps/cli/assets/pbmc3k.h5ad'));
  const features = featuresSeenInAtLeast(dataset.scan(), 30);
  const { parts } = readSplit(path('../../../apps/cli/assets/pbmc3k.tsv'), dataset.obsNames);
  const { categories, codes } = dataset.label('cell_type');
  const part = (name: string): CellSet => {
    const cells = parts.get(name) ?? new Uint32Array();
    const counts = openCountSource(dataset, { memory: 1 << 28, features, cells });
    return { name, counts, labels: { categories, codes: Int32Array.from(cells, (cell) => codes[cell]) } };
  };
  const sets = { genes: Array.from(features, (at) => dataset.varNames[at]), train: part('train'), test: part('test') };
  dataset.close();
  return sets;
}

describe('PBMC3K', () => {
  it('scores real cells as real, and cells of mean profiles as far off', async () => {
    const { genes, train, test } = await pbmc3k();
    expect(genes).toHaveLength(8573);
    // Other real cells in the place of the generated ones: the figures of a perfect generator.
    const generated = matchingTrainingCells(test, train, 7).cells;
    const { result } = await evaluateCells({
      real: test,
      generated,
      training: train,
      genes,
      settings: { mapCells: 0, protocols: ['centred'], bootstrap: 0 },
    });
    const figures = new Map(result.summary.map((row) => [row.id, row]));
    // A floor published for these test cells: AUC .488, MMD .031, W2 8.02; by label .553 and 9.07 (three seeds of another implementation).
    for (const side of ['mean', 'floor'] as const) {
      expect(Math.abs((figures.get('auc.forest')?.[side] ?? NaN) - 0.49)).toBeLessThan(0.06);
      expect(Math.abs((figures.get('mmd2.centred')?.[side] ?? NaN) - 0.031)).toBeLessThan(0.004);
      expect(Math.abs((figures.get('w2.centred')?.[side] ?? NaN) - 8.02)).toBeLessThan(0.12);
      // Three megakaryocytes weigh as much as 229 T cells here, so these depend on which cells were drawn.
      expect(Math.abs((figures.get('mmd2.label.centred')?.[side] ?? NaN) - 0.553)).toBeLessThan(0.08);
      expect(Math.abs((figures.get('w2.label.centred')?.[side] ?? NaN) - 9.07)).toBeLessThan(0.9);
    }
    // Without a latent the forest recognises most cells: .853 was found on validation cells.
    expect(figures.get('auc.forest')?.baseline).toBeGreaterThan(0.8);
    expect(figures.get('auc.forest')?.baseline).toBeLessThan(0.92);
    // The cells that stand for generated ones are training cells, and the audit says so.
    expect(result.privacy).toMatchObject({ passed: false, floor: { signs: [] } });
    expect(figures.get('markers.overlap')?.mean).toBeGreaterThan(0.65);
    if (existsSync(hvgList)) {
      const { selected } = JSON.parse(readFileSync(hvgList, 'utf8')) as { selected: string[] };
      const chosen = new Set(result.space.highlyVariableGenes);
      // Genes with the same variance tie at the cut, and scanpy breaks ties by rounding.
      expect(selected.filter((gene) => chosen.has(gene)).length).toBeGreaterThanOrEqual(1990);
    }
  }, 240_000);
});
