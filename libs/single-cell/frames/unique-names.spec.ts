import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniqueNames } from './unique-names';

describe('unique names', () => {
  it('keep the first and number the rest, past names that exist', () => {
    expect(uniqueNames(['a', 'b', 'a', 'a-1', 'a'])).toEqual({ names: ['a', 'b', 'a-2', 'a-1', 'a-3'], changed: 2, example: 'a' });
  });

  it('are unique, as many as before, and unchanged where they were unique', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a-1', 'a-2', 'b', 'b-1', '')), (names) => {
        const unique = uniqueNames(names);
        expect(new Set(unique.names).size).toBe(names.length);
        for (const [i, name] of unique.names.entries()) if (name !== names[i]) expect(names.indexOf(names[i])).toBeLessThan(i);
      }),
    );
  });
});
