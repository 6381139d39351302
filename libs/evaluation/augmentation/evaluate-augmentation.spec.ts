import { RandomStream, denseMatrix, randomKey } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import type { CellSet } from '../cells/cell-set';
import { countsOf } from '../fixtures/golden';
import { evaluateAugmentation, type AugmentationRequest } from './evaluate-augmentation';
import { gainIntervals } from './gain-intervals';
import { joinedCounts } from './joined-counts';
import { renderAugmentation } from './render-augmentation';

const genes = 30;

/** Cells of the given labels; each label has marker genes, weak ones so that a few examples do not suffice. */
function cells(name: string, sizes: Readonly<Record<string, number>>, seed: number): CellSet {
  const random = new RandomStream(randomKey(seed, name));
  const categories = Object.keys(sizes).sort();
  const codes = categories.flatMap((label, k) => Array.from({ length: sizes[label] }, () => k));
  const matrix = denseMatrix(codes.length, genes);
  codes.forEach((k, i) => {
    for (let g = 0; g < genes; g++) {
      const mean = g % categories.length === k ? 5 : 2;
      matrix.values[i * genes + g] = Math.floor(mean * 2 * random.uniform());
    }
    matrix.values[i * genes] += 1;
  });
  return { name, counts: countsOf(matrix), labels: { categories, codes: Int32Array.from(codes) } };
}

const request = (changes: Partial<AugmentationRequest> = {}): AugmentationRequest => ({
  training: cells('training', { common: 120, often: 60, rare: 4 }, 1),
  heldOut: cells('held out', { common: 60, often: 40, rare: 40 }, 2),
  generated: [cells('first', { common: 0, often: 20, rare: 80 }, 3), cells('second', { common: 0, often: 20, rare: 80 }, 4)],
  settings: { hvg: 30, components: 5, draws: 200 },
  software: '1.2.3',
  ...changes,
});

describe('an augmentation', () => {
  it('with good cells of a rare label raises its recall, in every classifier, and the gain falls with frequency', async () => {
    const { classifiers, heldOut, generated } = await evaluateAugmentation(request());
    expect(heldOut.cells).toBe(140);
    expect(generated.map(({ cells: n }) => n)).toEqual([100, 100]);
    for (const { labels, spearman, macroGain } of classifiers) {
      const rare = labels.find(({ label }) => label === 'rare')!;
      expect(rare).toMatchObject({ training: 4, generated: [80, 80], heldOut: 40, frequency: 4 / 184 });
      expect(rare.before).toBeLessThan(0.3);
      expect(Math.min(...rare.after)).toBeGreaterThan(0.6);
      expect(rare.gain.low!).toBeGreaterThan(0.3);
      expect(macroGain.low!).toBeLessThanOrEqual(macroGain.value!);
      expect(spearman.value!).toBeLessThan(0);
    }
  });

  it('without generated cells of any use changes little', async () => {
    const same = cells('training', { common: 120, often: 60, rare: 4 }, 1);
    const { classifiers } = await evaluateAugmentation(request({ generated: [same] }));
    for (const { macroGain } of classifiers) expect(Math.abs(macroGain.value!)).toBeLessThan(0.15);
  });

  it('gives the same figures for the same seed, and tells of labels nobody can recall', async () => {
    const strange = cells('held out', { common: 30, never: 5, rare: 20 }, 2);
    const once = await evaluateAugmentation(request({ heldOut: strange }));
    expect(await evaluateAugmentation(request({ heldOut: strange }))).toEqual(once);
    expect(once.unknown).toEqual([{ label: 'never', heldOut: 5 }]);
    expect(once.heldOut.cells).toBe(50);
    const page = renderAugmentation({ ...once, notes: ['something <to> know'] });
    expect(page).toContain('5 held-out cells are never, which no training cell is');
    expect(page).toContain('something &lt;to&gt; know');
    expect(page.match(/<svg /g)).toHaveLength(2);
  });

  it('is refused without labels, or with held-out cells of other labels', async () => {
    const { labels, ...unlabelled } = cells('held out', { common: 30 }, 2);
    expect(labels).toBeDefined();
    await expect(evaluateAugmentation(request({ heldOut: unlabelled }))).rejects.toMatchObject({ code: 'LABEL_MISSING' });
    await expect(evaluateAugmentation(request({ heldOut: cells('held out', { never: 5 }, 2) }))).rejects.toMatchObject({
      code: 'LABEL_UNUSABLE',
    });
    await expect(evaluateAugmentation(request({ settings: { neighbours: 0 } }))).rejects.toThrow(
      'the setting neighbours of the evaluation is 0',
    );
  });

  it('stops when told to', async () => {
    await expect(evaluateAugmentation(request({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('intervals of gains', () => {
  const outcome = (frequency: number, before: number[], after: number[]) => ({
    frequency,
    before: Float64Array.from(before),
    after: Float64Array.from(after),
  });

  it('are points where every cell has the same outcome, and hold the correlation', () => {
    const labels = [outcome(0.1, [0, 0, 0], [1, 1, 1]), outcome(0.3, [0, 0], [0, 0]), outcome(0.6, [1, 1], [0, 0])];
    const { gains, macro, pearson, spearman } = gainIntervals(labels, 100, 0);
    expect(gains).toEqual([
      { value: 1, low: 1, high: 1 },
      { value: 0, low: 0, high: 0 },
      { value: -1, low: -1, high: -1 },
    ]);
    expect(macro).toEqual({ value: 0, low: 0, high: 0 });
    expect(spearman.value).toBeCloseTo(-1, 12);
    expect(pearson.value).toBeLessThan(-0.9);
  });

  it('cover the mean about as the binomial does', () => {
    const after = Array.from({ length: 100 }, (_, i) => (i < 30 ? 1 : 0));
    const { gains } = gainIntervals(
      [
        outcome(
          1,
          after.map(() => 0),
          after,
        ),
      ],
      2000,
      1,
    );
    const deviation = Math.sqrt((0.3 * 0.7) / 100);
    expect(Math.abs(gains[0].low! - (0.3 - 1.96 * deviation))).toBeLessThan(0.02);
    expect(Math.abs(gains[0].high! - (0.3 + 1.96 * deviation))).toBeLessThan(0.02);
  });

  it('leave out a correlation that is not defined', () => {
    const { pearson } = gainIntervals([outcome(0.5, [0], [1])], 100, 0);
    expect(pearson).toEqual({ value: null, low: null, high: null });
  });
});

describe('joined counts', () => {
  it('are the rows of one source after those of the other, in whatever order they are asked for', () => {
    const a = countsOf({ rows: 2, columns: 3, values: Float64Array.from([1, 0, 2, 0, 3, 0]) });
    const b = countsOf({ rows: 2, columns: 3, values: Float64Array.from([0, 0, 4, 5, 6, 7]) });
    const { rows, gather } = joinedCounts([a, b]);
    expect(rows).toBe(4);
    const { indptr, indices, values } = gather(Uint32Array.from([3, 0, 2, 3]));
    expect([...indptr]).toEqual([0, 3, 5, 6, 9]);
    expect([...indices]).toEqual([0, 1, 2, 0, 2, 2, 0, 1, 2]);
    expect([...values]).toEqual([5, 6, 7, 1, 2, 4, 5, 6, 7]);
  });
});
