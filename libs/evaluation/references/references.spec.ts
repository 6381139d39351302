import { randomKey } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { cellsByLabel } from '../cells/cell-set';
import { forEachBlock, libraryTotals } from '../cells/count-blocks';
import { countsOf, golden, goldenCounts } from '../fixtures/golden';
import { drawLabelProfileCells, fitLabelProfiles, type LabelProfileModel } from './label-profile';
import { matchingTrainingCells } from './matching-cells';

function labelled(names: readonly string[]): { categories: string[]; codes: Int32Array } {
  const categories = [...new Set(names)].sort();
  return { categories, codes: Int32Array.from(names, (name) => categories.indexOf(name)) };
}

describe('label-profile model', () => {
  const real = goldenCounts('real_counts', 200);
  const labels = labelled(golden.distances.real_labels);

  it('has the proportions of each label, summing to one', () => {
    const model = fitLabelProfiles(real, labels);
    expect([...model.profiles.keys()].sort()).toEqual([...labels.categories].sort());
    for (const profile of [...model.profiles.values(), model.pooled]) {
      expect(profile.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    }
    expect(model.theta.every((theta) => theta >= 1 / 20 && theta <= 100)).toBe(true);
  });

  it('computes dispersions by the stated moments', () => {
    // One label of five cells, two genes: every sum by hand in the plainest form.
    const x = [
      [8, 2],
      [1, 9],
      [5, 5],
      [12, 8],
      [2, 3],
    ];
    const model = fitLabelProfiles(countsOf({ rows: 5, columns: 2, values: Float64Array.from(x.flat()) }));
    const sizes = x.map((row) => row[0] + row[1]);
    const total = sizes.reduce((a, b) => a + b);
    const num: number[] = [];
    const den: number[] = [];
    for (const g of [0, 1]) {
      const rho = x.reduce((sum, row) => sum + row[g], 0) / total;
      num[g] = (5 / 4) * x.reduce((sum, row, i) => sum + (row[g] - sizes[i] * rho) ** 2, 0) - rho * total;
      den[g] = rho ** 2 * sizes.reduce((sum, size) => sum + size ** 2, 0);
    }
    // A tenth of two genes is one: the gene with the largest denominator sets the prior.
    const prior = Math.max(0.05, den[0] >= den[1] ? num[0] / den[0] : num[1] / den[1]);
    for (const g of [0, 1]) expect(1 / model.theta[g]).toBeCloseTo((num[g] + 5 * prior) / (den[g] + 5), 12);
  });

  it('recovers the dispersion its own cells were drawn with', () => {
    const genes = 40;
    const truth: LabelProfileModel = {
      genes,
      profiles: new Map([['a', new Float64Array(genes).fill(1 / genes)]]),
      pooled: new Float64Array(genes).fill(1 / genes),
      theta: new Float64Array(genes).fill(2),
    };
    const names = Array.from({ length: 3000 }, () => 'a');
    const drawn = drawLabelProfileCells(truth, names, new Float64Array(3000).fill(800), randomKey(3, 'test'));
    const found = fitLabelProfiles(drawn, labelled(names));
    const meanDispersion = found.theta.reduce((sum, theta) => sum + 1 / theta, 0) / genes;
    // Library sizes vary with the draws themselves, so the estimate is of the spread around each cell's own size.
    expect(meanDispersion).toBeGreaterThan(0.42);
    expect(meanDispersion).toBeLessThan(0.55);
  });

  it('draws cells of the size asked for, each by its own number', () => {
    const model = fitLabelProfiles(real, labels);
    const names = golden.distances.real_labels;
    const sizes = new Float64Array(200).fill(2000);
    const drawn = drawLabelProfileCells(model, names, sizes, randomKey(1, 'test'));
    const totals = libraryTotals(drawn);
    expect(totals.reduce((sum, total) => sum + total, 0) / 200).toBeGreaterThan(1900);
    expect(totals.reduce((sum, total) => sum + total, 0) / 200).toBeLessThan(2100);
    const few = drawLabelProfileCells(model, names.slice(0, 3), sizes.slice(0, 3), randomKey(1, 'test'));
    expect(libraryTotals(few)).toEqual(totals.slice(0, 3));
    forEachBlock(drawn, ({ values, indptr, rows }) => {
      for (let at = 0; at < indptr[rows]; at++) expect(Number.isInteger(values[at]) && values[at] > 0).toBe(true);
    });
  });
});

describe('matching training cells', () => {
  const training = { name: 'training', counts: goldenCounts('real_counts', 200), labels: labelled(golden.distances.real_labels) };
  const realNames = ['B cells', 'B cells', 'NK cells', ...Array.from({ length: 3 }, () => 'Dendritic cells')];
  const real = { name: 'real', counts: goldenCounts('generated_counts', 6), labels: labelled(realNames) };

  it('have the label counts of the judged cells, as far as there are such cells', () => {
    const { cells, short } = matchingTrainingCells(real, training, 0);
    const found = new Map(Array.from(cellsByLabel(cells.labels), ([label, rows]) => [label, rows.length]));
    const available = golden.distances.real_labels.filter((name) => name === 'Dendritic cells').length;
    expect(found.get('B cells')).toBe(2);
    expect(found.get('NK cells')).toBe(1);
    expect(found.get('Dendritic cells')).toBe(Math.min(3, available));
    expect(short).toEqual(available < 3 ? [{ label: 'Dendritic cells', wanted: 3, found: available }] : []);
    expect(cells.counts.rows).toBe(cells.labels?.codes.length);
  });

  it('are as many as the judged cells without labels, and change with the seed', () => {
    const plain = { name: 'real', counts: real.counts };
    const first = matchingTrainingCells(plain, training, 0);
    expect(first.cells.counts.rows).toBe(6);
    const other = matchingTrainingCells(plain, training, 1);
    expect(libraryTotals(other.cells.counts)).not.toEqual(libraryTotals(first.cells.counts));
    expect(libraryTotals(matchingTrainingCells(plain, training, 0).cells.counts)).toEqual(libraryTotals(first.cells.counts));
  });
});
