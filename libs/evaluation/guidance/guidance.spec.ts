import { describe, expect, it } from 'vitest';
import { selectedCounts } from '../cells/stored-counts';
import { golden, goldenCounts } from '../fixtures/golden';
import { renderGuidance } from './guidance-chart';
import { agreementOfReal, fitGuidanceSpace, fitOfCells, type NamedLabels } from './guidance-space';
import { judgeWeights, recommend } from './recommend';
import { defaultGuidanceSettings, type AttributeFit, type GuidanceResult } from './result';

const counts = selectedCounts(
  goldenCounts('real_counts'),
  Uint32Array.from({ length: 200 }, (_, i) => i),
);
const categories = [...new Set(golden.distances.real_labels)].sort();
const types: NamedLabels = {
  name: 'cell_type',
  categories,
  codes: Int32Array.from(golden.distances.real_labels, (label) => categories.indexOf(label)),
};
const halves: NamedLabels = { name: 'half', categories: ['a', 'b'], codes: types.codes.map((_, i) => i % 2) };
const space = fitGuidanceSpace(counts, [types, halves], { hvg: 300, components: 20 });

describe('cells generated with some weights', () => {
  it('that are the real ones obey, and vary as much', () => {
    const [byType, byHalf] = fitOfCells(space, counts, [types, halves]);
    expect(byType).toMatchObject({ name: 'cell_type', spreadRatio: expect.closeTo(1, 9) as number });
    expect(byType.agreement).toBeGreaterThan(0.85);
    // Neighbours know nothing of halves that were made up.
    expect(Math.abs(byHalf.agreement - 0.5)).toBeLessThan(0.25);
    expect(byType.values.reduce((sum, { cells, agreement }) => sum + (cells * agreement) / 200, 0)).toBeCloseTo(byType.agreement, 12);
  });

  it('that all look like one cell of their type obey perfectly and have collapsed', () => {
    const first = categories.map((_, code) => types.codes.indexOf(code));
    const same = selectedCounts(
      counts,
      Uint32Array.from(types.codes, (code) => first[code]),
    );
    const [byType] = fitOfCells(space, same, [types, halves]);
    expect(byType.spreadRatio).toBeLessThan(1e-9);
    expect(byType.values.every(({ spreadRatio }) => spreadRatio === null || spreadRatio < 1e-9)).toBe(true);
  });

  it('that were asked to be something else do not obey', () => {
    const other = { ...types, codes: types.codes.map((code) => (code + 1) % categories.length) };
    expect(fitOfCells(space, counts, [other, halves])[0].agreement).toBeLessThan(0.1);
  });

  it('are compared with what real cells say of each other', () => {
    const [byType] = agreementOfReal(space);
    expect(byType.agreement).toBeGreaterThan(0.8);
    expect(byType.agreement).toBeLessThan(fitOfCells(space, counts, [types, halves])[0].agreement + 1e-9);
  });

  it('have no spread where no value has two cells', () => {
    const one = selectedCounts(counts, Uint32Array.of(0));
    const asked = [types, halves].map((labels) => ({ ...labels, codes: labels.codes.slice(0, 1) }));
    expect(fitOfCells(space, one, asked)[0].spreadRatio).toBeNull();
  });
});

const fit = (agreement: number, spreadRatio: number | null): AttributeFit => ({ name: 'cell_type', agreement, spreadRatio, values: [] });
const band = [0.8, 1.25] as const;
const tried = (weight: number, agreement: number, spread: number | null) =>
  judgeWeights({ cell_type: weight }, [fit(agreement, spread)], band);

const choice = { band, realAgreement: [{ name: 'cell_type', agreement: 0.92 }], cells: 500 };

describe('the weights recommended', () => {
  it('obey best among those that do not collapse or blur', () => {
    const sweep = [tried(0, 0.4, 1.3), tried(1, 0.8, 1), tried(2, 0.9, 0.85), tried(4, 0.99, 0.5)];
    expect(sweep.map(({ withinBand }) => withinBand)).toEqual([false, true, true, false]);
    expect(recommend(sweep, choice)).toEqual({ recommended: { weights: { cell_type: 2 }, meanAgreement: 0.9 } });
  });

  it('are the smallest of those that obey equally, as far as so many cells can tell', () => {
    const sweep = [tried(3, 0.9, 1), tried(2, 0.895, 1), tried(2.5, 0.9, 1), tried(1, 0.88, 1)];
    expect(recommend(sweep, choice).recommended?.weights).toEqual({ cell_type: 2 });
    expect(recommend(sweep, { ...choice, cells: 50_000 }).recommended?.weights).toEqual({ cell_type: 2.5 });
  });

  it('are not larger for cells that are told better than real ones', () => {
    expect(recommend([tried(1.5, 0.915, 1), tried(3, 0.99, 1)], choice).recommended?.weights).toEqual({ cell_type: 1.5 });
    expect(recommend([tried(1.5, 0.915, 1), tried(3, 0.99, 1)], { ...choice, realAgreement: [] }).recommended?.weights).toEqual({
      cell_type: 3,
    });
  });

  it('are none when all collapse or have no spread, and the reason says so', () => {
    expect(recommend([tried(1, 0.9, 0.7), tried(2, 0.9, null)], choice)).toEqual({
      recommended: null,
      reason: 'no weights of the grid leave the spread ratio of every attribute within 0.8 to 1.25',
    });
  });

  it('need every attribute within the band', () => {
    const both = judgeWeights({ a: 1, b: 1 }, [fit(0.9, 1), fit(0.5, 0.6)], band);
    expect(both).toMatchObject({ withinBand: false, meanAgreement: 0.7 });
  });
});

describe('the plot of a sweep', () => {
  const sweep = [tried(1, 0.8, 1), tried(2, 0.9, 0.85)];
  const result: GuidanceResult = {
    ...{ format: 'cfgen-guidance', formatVersion: 1, software: '1', model: 'abc', real: { name: 'x', cells: 200 } },
    ...{ settings: defaultGuidanceSettings, realAgreement: [{ name: 'cell_type', agreement: 0.92 }], sweep },
    ...recommend(sweep, choice),
  };

  it('is an SVG of its own that names attributes, weights and the recommendation, the same every time', () => {
    const svg = renderGuidance(result);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    for (const text of ['cell_type 1', 'cell_type 2', 'spread ratio', 'recommended: cell_type 2']) expect(svg).toContain(text);
    expect(renderGuidance(result)).toBe(svg);
  });

  it('copes with a sweep without a recommendation', () => {
    expect(renderGuidance({ ...result, recommended: null })).toContain('<svg');
  });
});
