import { describe, expect, it } from 'vitest';
import { meanOfKnown, median } from './averages';
import { pearson } from './correlation';

describe('averages', () => {
  it('leave out what is not known', () => {
    expect(meanOfKnown([1, null, 3])).toBe(2);
    expect(meanOfKnown([null])).toBeNull();
  });

  it('take the middle by number, not by text', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([1, 10, 9, 100])).toBe(9.5);
  });
});

describe('correlation', () => {
  it('is none with equal values, though their mean is rounded', () => {
    expect(pearson(Float64Array.of(0.1, 0.1, 0.1), Float64Array.of(1, 2, 4))).toBeNull();
    expect(pearson(Float64Array.of(1, 2, 4), Float64Array.of(2, 4, 8))).toBeCloseTo(1, 12);
  });
});
