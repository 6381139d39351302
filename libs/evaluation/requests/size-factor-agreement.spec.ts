import { describe, expect, it } from 'vitest';
import { sizeFactorAgreement } from './size-factor-agreement';

describe('size factors that were asked for, and totals that came', () => {
  it('agree wholly when totals are a constant share of the request', () => {
    const requested = Array.from({ length: 100 }, (_, i) => 1000 + 10 * ((i * 37) % 100));
    const found = sizeFactorAgreement(
      requested,
      requested.map((l) => 0.9 * l),
    );
    expect(found.medianRatio).toBeCloseTo(0.9, 12);
    expect(found.logCorrelation).toBeCloseTo(1, 12);
    expect(found.deciles.map(({ cells }) => cells)).toEqual(new Array(10).fill(10));
    expect(found.deciles[0]?.requested).toBe(1045);
    found.deciles.forEach(({ medianRatio }) => expect(medianRatio).toBeCloseTo(0.9, 12));
  });

  it('show where small cells come too large, and leave out empty cells', () => {
    const requested = [100, 200, 400, 800, 1600, 0, 50];
    const found = sizeFactorAgreement(requested, [200, 300, 400, 800, 1600, 10, 0]);
    expect(found.cells).toBe(5);
    expect(found.deciles.map(({ medianRatio }) => medianRatio)).toEqual([2, 1.5, 1, 1, 1]);
    expect(found.logCorrelation).toBeGreaterThan(0.95);
  });

  it('have no correlation when all requests are the same, and must be as many', () => {
    expect(sizeFactorAgreement([5, 5], [4, 6]).logCorrelation).toBeNull();
    const fixed = new Array<number>(40).fill(200);
    const totals = fixed.map((size, i) => size + i);
    expect(sizeFactorAgreement(fixed, totals).logCorrelation).toBeNull();
    expect(() => sizeFactorAgreement([1], [])).toThrow(/1 requested size factors, and 0 totals/);
  });
});
