import { describe, expect, it } from 'vitest';
import { philox } from './philox';
import { randomKey } from './random-key';

describe('philox 4x32-10', () => {
  // Known-answer vectors published with Random123 (file kat_vectors): counter, key, result.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the published words for counter %j and key %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    const [c0, c1, c2, c3] = counter as [number, number, number, number];
    philox(out, { k0: key[0], k1: key[1] }, c0, c1, c2, c3);
    expect([...out].map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
  });

  it('agrees with the definition in exact integers on 2,000 counters', () => {
    const out = new Uint32Array(4);
    let state = 12345;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    for (let i = 0; i < 2000; i++) {
      const c = [next(), next(), next(), next()] as const;
      const k = [next(), next()] as const;
      philox(out, { k0: k[0], k1: k[1] }, ...c);
      expect([...out]).toEqual(philoxInBigIntegers(c, k));
    }
  });
});

function philoxInBigIntegers(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * a;
    const p1 = 0xcd9e8d57n * c;
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & mask, (p0 >> 32n) ^ d ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}

describe('randomKey', () => {
  it('is fixed for ever: a change would change every generated file', () => {
    expect([randomKey(0, ''), randomKey(42, 'flow/noise'), randomKey((1n << 64n) - 1n, 'décodage')]).toMatchInlineSnapshot(`
      [
        {
          "k0": 3594511531,
          "k1": 1216640632,
        },
        {
          "k0": 3757896074,
          "k1": 2703746278,
        },
        {
          "k0": 2891341489,
          "k1": 3492719172,
        },
      ]
    `);
  });

  it('differs between purposes, between seeds and between the low and high word of the seed', () => {
    const seeds: (number | bigint)[] = [0, 1, 2, 2 ** 32, 1n << 63n];
    const keys = seeds.flatMap((seed) => ['a', 'b', 'ab', ''].map((purpose) => JSON.stringify(randomKey(seed, purpose))));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('takes a seed as number or bigint alike', () => {
    expect(randomKey(123456789012345, 'x')).toEqual(randomKey(123456789012345n, 'x'));
  });

  it.each([-1, 0.5, NaN, 2 ** 53, -1n, 1n << 64n])('refuses the seed %s, naming it', (seed) => {
    expect(() => randomKey(seed, 'x')).toThrow(new RegExp(`got ${seed}`));
  });
});
