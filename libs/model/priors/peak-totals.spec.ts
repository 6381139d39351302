import { RandomStream, randomKey } from '@cfgen/math';
import { describe, expect, it } from 'vitest';
import { denseSource } from '../testing/toy-cells';
import { drawPeakTotals, fitPeakTotals } from './peak-totals';

const cells = 4000;
const random = new RandomStream(randomKey(3, 'totals'));
const codes = Int32Array.from({ length: cells }, (_, i) => i % 2);
const sizeFactors = Float64Array.from({ length: cells }, () => Math.exp(7 + 0.5 * random.normal()));
/** Category 0 has the line 5 + 0.8 (ln l - 7), category 1 one a unit higher; both leave over 0.3. */
const totals = Float64Array.from(sizeFactors, (l, i) => Math.exp(5 + (codes[i] ?? 0) + 0.8 * (Math.log(l) - 7) + 0.3 * random.normal()));
const attribute = { name: 'type', role: 'label' as const, categories: ['a', 'b', 'rare'], codes };
const atac = { counts: denseSource([[1]]), sizeFactors: totals };

describe('totals over the peaks', () => {
  const fitted = fitPeakTotals({ sizeFactors, atac }, { attribute, index: 0 });

  it('are fitted on the size factor within each category, and for a rare one over all cells', () => {
    expect(fitted.by).toBe(0);
    fitted.groups.slice(0, 2).forEach((found, code) => {
      const group = found!;
      // About four standard errors of 2,000 cells.
      expect(Math.abs(group.mean + group.slope * (7 - group.sizeMean) - 5 - code)).toBeLessThan(0.03);
      expect(Math.abs(group.slope - 0.8)).toBeLessThan(0.06);
      const { residuals } = group;
      expect(Math.abs(Math.sqrt(residuals.reduce((sum, x) => sum + x * x, 0) / residuals.length) - 0.3)).toBeLessThan(0.02);
    });
    const whole = fitPeakTotals({ sizeFactors, atac }, undefined);
    expect(whole).toEqual({ by: null, all: fitted.all, groups: [] });
    expect(fitted.groups[2]).toBeNull();
  });

  it('are drawn about the line, each from the index of its cell alone', () => {
    const draw = (start: number, end: number): Float64Array =>
      drawPeakTotals(fitted, { start, codes: [codes.slice(start, end)], sizeFactors: sizeFactors.slice(start, end) }, 9);
    const all = draw(0, cells);
    expect(draw(100, 107)).toEqual(all.slice(100, 107));
    const rare = { start: 5, codes: [Int32Array.of(2)], sizeFactors: Float64Array.of(1000) };
    expect(drawPeakTotals(fitted, rare, 9)).toEqual(drawPeakTotals({ ...fitted, by: null }, rare, 9));
    const left = [...all].map((a, i) => Math.log(a) - 5 - (codes[i] ?? 0) - 0.8 * (Math.log(sizeFactors[i] ?? 0) - 7));
    const mean = left.reduce((sum, x) => sum + x, 0) / cells;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(Math.sqrt(left.reduce((sum, x) => sum + (x - mean) ** 2, 0) / cells) - 0.3)).toBeLessThan(0.02);
  });
});
