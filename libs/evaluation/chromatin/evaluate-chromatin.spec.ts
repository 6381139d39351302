import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCountSource, openMultimodal, readSplit } from '@cfgen/single-cell';
import { describe, expect, it } from 'vitest';
import type { CellSet } from '../cells/cell-set';
import { halves, selectedCells } from '../references/halves';
import { defaultSettings } from '../evaluation/settings';
import { countsOf } from '../fixtures/golden';
import { toyCells, toyPeaks as peaks } from '../fixtures/toy-chromatin';
import { evaluateChromatin } from './evaluate-chromatin';
import type { ChromatinResult } from './result';

const shared = { ...defaultSettings, components: 8, bootstrap: 30 };
const figure = ({ summary }: ChromatinResult, id: string) => summary.find((row) => row.id === id)!;

describe('evaluating open chromatin', () => {
  const real = toyCells(120, 1);
  const training = toyCells(200, 2);

  it('finds no difference between cells and themselves', async () => {
    const result = await evaluateChromatin({ real, generated: [real], training, peaks }, shared);
    for (const id of ['atac.mmd2.centred', 'atac.w2.centred', 'atac.w2.label.centred', 'atac.open-peaks', 'atac.peaks.difference']) {
      expect(figure(result, id).mean, id).toBeCloseTo(0, 6);
      expect(figure(result, id).floor, id).toBeGreaterThan(0);
    }
    for (const id of ['atac.peaks', 'atac.peaks.label']) expect(figure(result, id).mean, id).toBeCloseTo(1, 12);
    expect(figure(result, 'atac.w2.paper').mean).toBeCloseTo(result.space.uncentredOffset, 3);
  });

  it('puts other real cells near, cells with other open peaks far, and shares of labels in between', async () => {
    const result = await evaluateChromatin({ real, generated: [toyCells(120, 3), toyCells(120, 4)], training, peaks }, shared);
    const other = await evaluateChromatin({ real, generated: [toyCells(120, 3, 1)], training, peaks }, shared);
    for (const id of ['atac.mmd2.centred', 'atac.w2.label.centred']) {
      const { mean, floor, baseline, sem, replicates } = figure(result, id);
      expect(replicates).toBe(2);
      expect(sem).toBeGreaterThan(0);
      expect(Math.abs(mean! / floor! - 1), id).toBeLessThan(0.1);
      expect(baseline!, id).toBeGreaterThan(0);
      const { interval, floorInterval } = figure(result, id);
      for (const [value, ends] of [
        [mean!, interval!],
        [floor!, floorInterval!],
      ] as const) {
        expect(ends[0]).toBeLessThan(value);
        expect(ends[1]).toBeGreaterThan(value);
      }
      expect(figure(other, id).mean!, id).toBeGreaterThan(1.2 * floor!);
    }
    expect(figure(result, 'atac.peaks.label').mean).toBeGreaterThan(0.85);
    expect(figure(other, 'atac.peaks.label').mean).toBeLessThan(0.2);
    expect(figure(result, 'atac.agreement').mean).toBeGreaterThan(0.9);
    expect(figure(result, 'atac.peaks').interval).toBeNull();
    expect(figure(result, 'atac.open-peaks').baseline!).toBeGreaterThan(2 * figure(result, 'atac.open-peaks').floor!);
  });

  it('does not see counts when presence alone is wanted, and the same request gives the same result', async () => {
    const presence = { ...real, counts: { ...real.counts, gather: (rows: Uint32Array) => ones(real, rows) } };
    const twice = [await evaluateChromatin({ real, generated: [training], peaks }, shared)];
    twice.push(await evaluateChromatin({ real: presence, generated: [training], peaks }, shared));
    expect(twice[1]).toEqual(twice[0]);
    expect(twice[0].floor).toMatchObject({ of: 'halves', cells: 60 });
    expect(twice[0].baseline).toEqual({ reason: 'no training cells were given' });
    const counted = await evaluateChromatin({ real, generated: [training], peaks, settings: { binarise: false } }, shared);
    expect(figure(counted, 'atac.w2.centred').mean).not.toBe(figure(twice[0], 'atac.w2.centred').mean);
  });

  it('works without labels, and refuses sets that do not fit', async () => {
    const { labels: _labels, ...unlabelled } = real;
    const request = { real: unlabelled, generated: [toyCells(50, 5)], training, peaks };
    const result = await evaluateChromatin(request, { ...shared, bootstrap: 0 });
    for (const { interval, floorInterval } of result.summary) expect([interval, floorInterval]).toEqual([null, null]);
    expect(result.scores[0]).toMatchObject({ conditional: null, agreement: null, peaks: { labels: [], meanOverLabels: null } });
    await expect(evaluateChromatin({ real, generated: [real], peaks: peaks.slice(1) }, shared)).rejects.toThrow(/60 genes.*59 names/);
    const closed = { name: 'closed', counts: countsOf({ rows: 3, columns: peaks.length, values: new Float64Array(3 * peaks.length) }) };
    await expect(evaluateChromatin({ real: closed, generated: [real], peaks }, shared)).rejects.toThrow(/same open peaks/);
    const few = evaluateChromatin({ real, generated: [real], peaks, settings: { peaks: 1 } }, shared);
    await expect(few).rejects.toThrow(/peaks is 1/);
  });
});

const every = (step: number, rows: Uint32Array) => rows.filter((_, i) => i % step === 0);

function ones(set: CellSet, rows: Uint32Array) {
  const block = set.counts.gather(rows);
  return { ...block, values: block.values.map(() => 1) };
}

const data = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

describe.runIf(existsSync(data('a549_multiome.h5mu')))('open chromatin of A549 cells', () => {
  it('of training cells scores as the floor does, and drawing each peak by itself does not', async () => {
    const { rna, atac } = await openMultimodal(data('a549_multiome.h5mu'));
    rna.close();
    const counts = openCountSource(atac, { memory: 2 ** 28 });
    const { categories: times, codes } = atac.label('treatment_time');
    const whole: CellSet = { name: 'a549', counts, labels: { categories: times, codes } };
    const { parts } = readSplit(data('splits/a549_multiome.tsv'), atac.obsNames);
    const real = selectedCells(whole, every(2, parts.get('test')!));
    const train = selectedCells(whole, every(2, parts.get('train')!));
    const [generated, training] = halves(train.counts.rows, train.labels, 0).map((rows) => selectedCells(train, rows));
    const settings = { ...defaultSettings, protocols: ['centred'] as const, transportCells: 200 };
    const result = await evaluateChromatin({ real, generated: [generated], training, peaks: atac.varNames }, settings);
    atac.close();
    counts.close();
    expect(result.space).toMatchObject({ peaks: 15_577, components: 30 });
    expect(result.space.highlyVariablePeaks).toHaveLength(10_000);
    for (const id of ['atac.peaks', 'atac.mmd2.label.centred', 'atac.w2.label.centred']) {
      const { mean, floor } = figure(result, id);
      expect(Math.abs(mean! / floor! - 1), id).toBeLessThan(0.25);
    }
    const { mean, baseline } = figure(result, 'atac.mmd2.centred');
    expect(baseline! / mean!).toBeGreaterThan(1.7);
  }, 60_000);
});
