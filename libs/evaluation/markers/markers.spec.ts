import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Labels } from '../cells/cell-set';
import { golden, goldenCounts } from '../fixtures/golden';
import { sideDraws } from '../intervals/draws';
import { drawnGeneSums, emptyDraw, groupedGeneSums, labelledGeneSums, type LabelledGeneSums } from '../intervals/gene-draws';
import { foldChanges, markerScores, topGenes } from './differential-expression';
import { markerAgreement, markerPlan } from './marker-agreement';

const expected = JSON.parse(readFileSync(new URL('../fixtures/markers.json', import.meta.url), 'utf8')) as Record<
  string,
  { names: string[]; scores: number[] }
>;

function labelled(names: readonly string[]): Labels {
  const categories = [...new Set(names)].sort();
  return { categories, codes: Int32Array.from(names, (name) => categories.indexOf(name)) };
}

const cells = { counts: goldenCounts('real_counts', 200), labels: labelled(golden.distances.real_labels) };
const everyGene = Uint32Array.from(golden.genes.keys());

function sums(labels: Labels): LabelledGeneSums {
  return labelledGeneSums(cells.counts, sideDraws({ ...cells, labels }, 0, 0, 0));
}

describe('marker genes', () => {
  const real = sums(cells.labels);

  it('have the scores and the order that scanpy gives them', () => {
    expect(Object.keys(expected).length).toBeGreaterThan(4);
    for (const [label, { names, scores }] of Object.entries(expected)) {
      const own = real.labels.get(label);
      if (own === undefined) throw new Error(label);
      const found = markerScores(own, real.all);
      names.forEach((name, at) => expect(found[golden.genes.indexOf(name)]).toBeCloseTo(scores[at] ?? NaN, 4));
      const best = Array.from(topGenes(found, 20), (gene) => golden.genes[gene]);
      // Genes that tie in float32 may change places.
      expect(best.filter((name) => names.includes(name ?? '')).length).toBeGreaterThanOrEqual(19);
      expect(best[0]).toBe(names[0]);
    }
  });

  it('are no genes that are higher elsewhere, however few are left', () => {
    expect(Array.from(topGenes(Float64Array.of(-3, 2, 0, 5, 2), 4))).toEqual([3, 1, 4]);
    expect(topGenes(Float64Array.of(-1, 0), 3)).toHaveLength(0);
  });

  it('are all found again in the same cells', () => {
    const found = markerAgreement(markerPlan(real, real, 20, everyGene), real, real, golden.genes);
    expect(found.mean).toEqual({
      overlap: 1,
      foldChangeSpearman: expect.closeTo(1, 12) as number,
      foldChangePearson: expect.closeTo(1, 12) as number,
      markerFoldChangePearson: expect.closeTo(1, 12) as number,
      signAgreement: 1,
      profilePearson: expect.closeTo(1, 12) as number,
    });
    expect(found.labels.map(({ label }) => label)).toEqual(Object.keys(expected).sort());
    expect(found.labels[0]?.shared).toEqual(found.labels[0]?.markers);
  });

  it('are lost when labels are dealt out anew, and labels of too few cells are named', () => {
    const shifted = golden.distances.real_labels.map((_, i, all) => all[(i + 61) % 200] ?? '');
    const mixed = sums(labelled(shifted));
    const found = markerAgreement(markerPlan(real, mixed, 20, everyGene), real, mixed, golden.genes);
    expect(found.mean?.overlap).toBeLessThan(0.2);
    expect(found.mean?.foldChangePearson).toBeLessThan(0.3);
    for (const { reason } of found.skipped) expect(reason).toMatch(/needs 3 real and 3 generated cells.*has \d+ and \d+/);
  });

  it('differ by the mean log expression inside and outside of the label', () => {
    const label = { cells: 2, sums: Float64Array.of(6), squares: Float64Array.of(20) };
    const all = { cells: 5, sums: Float64Array.of(9), squares: Float64Array.of(40) };
    expect(foldChanges(label, all)[0]).toBeCloseTo(3 - 1, 12);
  });
});

describe('sums of resampled cells', () => {
  it('are those of all cells when every group counts once', () => {
    const side = sideDraws(cells, 1, 0, 0);
    side.weights[0]?.fill(1);
    const grouped = groupedGeneSums(cells.counts, side);
    const drawn = emptyDraw(grouped);
    drawnGeneSums(grouped, 0, drawn);
    const whole = labelledGeneSums(cells.counts, side);
    for (const [label, own] of [...whole.labels, ['all', whole.all] as const]) {
      const found = label === 'all' ? drawn.all : drawn.labels.get(label);
      expect(found?.cells).toBe(own.cells);
      own.sums.forEach((sum, gene) => expect(found?.sums[gene]).toBeCloseTo(sum, 3));
    }
    expect(Array.from(drawn.all.present)).toEqual(Array.from(whole.all.present));
  });
});
