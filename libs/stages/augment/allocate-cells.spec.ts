import { describe, expect, it } from 'vitest';
import { allocateCells, type LabelCells } from './allocate-cells';

const one = (label: string, real: number, more: Partial<LabelCells> = {}): LabelCells => ({ label, stratum: null, real, ...more });
const generous = { maxFactor: 1e9, minSupport: 1 };
const numbers = (rows: readonly { generated: number }[]) => rows.map(({ generated }) => generated);

describe('cells to generate', () => {
  it('top up to the target, in inverse proportion to the frequency of the label', () => {
    const rows = allocateCells([one('a', 100), one('b', 50), one('c', 25)], { ...generous, target: 175 + 70 });
    expect(numbers(rows)).toEqual([10, 20, 40]);
    expect(rows.map(({ frequency }) => frequency)).toEqual([100 / 175, 50 / 175, 25 / 175]);
  });

  it('are whole and add up, the largest remainders rounded up', () => {
    const rows = allocateCells([one('a', 7), one('b', 11), one('c', 13), one('d', 17)], { ...generous, target: 48 + 101 });
    expect(numbers(rows).reduce((a, b) => a + b)).toBe(101);
    const inverse = [1 / 7, 1 / 11, 1 / 13, 1 / 17];
    const total = inverse.reduce((a, b) => a + b);
    rows.forEach(({ generated }, i) => expect(Math.abs(generated - (101 * inverse[i]!) / total)).toBeLessThan(1));
  });

  it('never exceed the ceiling of a label, whose rest goes to the others in proportion', () => {
    const rows = allocateCells([one('rare', 2), one('b', 50), one('c', 100)], { target: 152 + 340, maxFactor: 20, minSupport: 1 });
    expect(numbers(rows)).toEqual([40, 200, 100]);
    expect(rows.map(({ capped }) => capped)).toEqual([true, false, false]);
  });

  it('stay below the target when all labels are at their ceiling', () => {
    const rows = allocateCells([one('a', 10), one('b', 5)], { target: 1000, maxFactor: 2, minSupport: 1 });
    expect(numbers(rows)).toEqual([20, 10]);
  });

  it('leave out labels with little support or an obstacle, saying why', () => {
    const rows = allocateCells([one('a', 100), one('b', 4), one('c', 50, { obstacle: 'the model does not know it' })], {
      target: 200,
      maxFactor: 20,
      minSupport: 5,
    });
    expect(numbers(rows)).toEqual([46, 0, 0]);
    expect(rows.map(({ skipped }) => skipped)).toEqual([null, '4 real cells, fewer than 5', 'the model does not know it']);
  });

  it('are shared out among strata by size, and within each by its own frequencies', () => {
    const rows = allocateCells(
      [one('a', 80, { stratum: 'd1' }), one('b', 20, { stratum: 'd1' }), one('a', 10, { stratum: 'd2' }), one('b', 40, { stratum: 'd2' })],
      { ...generous, target: 300 },
    );
    expect(numbers(rows)).toEqual([20, 80, 40, 10]);
  });

  it('are refused when there are as many cells as asked for', () => {
    expect(() => allocateCells([one('a', 10)], { ...generous, target: 10 })).toThrow('the target is 10 cells, and there are 10 already');
  });
});
