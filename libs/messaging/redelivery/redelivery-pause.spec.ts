import { expect, it } from 'vitest';
import { pauseAfter } from './redelivery-pause';

it('a pause doubles with each failure, up to the longest, however many there were', () => {
  const pause = { firstMs: 100, longestMs: 1000 };
  expect([1, 2, 3, 4, 5, 6].map((failures) => pauseAfter(failures, pause))).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(pauseAfter(5000, pause)).toBe(1000);
});
