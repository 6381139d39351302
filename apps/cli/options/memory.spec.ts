import { describe, expect, it } from 'vitest';
import { defaultMemory, memoryCeiling } from './memory';

describe('an amount of memory', () => {
  it.each([
    ['4GiB', 4 * 2 ** 30],
    ['500MB', 500e6],
    ['2g', 2 * 2 ** 30],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['100000000', 1e8],
    ['64MiB', 64 * 2 ** 20],
  ])('%s is read', (text, bytes) => {
    expect(memoryCeiling(text)).toBe(bytes);
  });

  it.each(['', 'much', '4 gigs', '-2GiB', '1e9', '63MiB', '0', '999999TiB'])('"%s" is refused by name', (text) => {
    expect(() => memoryCeiling(text)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(`"${text}"`) }),
    );
  });

  it('is by default half of what may be used, at most 8 GiB', () => {
    expect(defaultMemory({ total: 8 * 2 ** 30, allowed: undefined })).toBe(4 * 2 ** 30);
    expect(defaultMemory({ total: 64 * 2 ** 30, allowed: 0 })).toBe(8 * 2 ** 30);
    expect(defaultMemory({ total: 64 * 2 ** 30, allowed: 2 * 2 ** 30 })).toBe(2 ** 30);
    expect(defaultMemory({ total: 4 * 2 ** 30, allowed: 2 ** 64 })).toBe(2 * 2 ** 30);
  });
});
