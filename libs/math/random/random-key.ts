import { philox, type RandomKey } from './philox';

const maxSeed = (1n << 64n) - 1n;
const fnvOffset = 0xcbf29ce484222325n;
const fnvPrime = 0x100000001b3n;

/**
 * The key of one purpose under one seed. Two purposes of a seed, and two seeds of a purpose, give unrelated numbers; the same pair always
 * gives the same key, on any machine and in any version.
 *
 * Definition: h = FNV-1a (64 bit) of the UTF-8 bytes of `purpose`; the key is the first two words of the Philox block with
 * key (seed low, seed high) and counter (h low, h high, number of bytes, 0x6366676e).
 *
 * @param seed integer in 0 .. 2^64 - 1 (a number: in 0 .. 2^53 - 1)
 * @param purpose what the numbers are for, e.g. `flow/noise`
 * @throws RangeError when the seed is not such an integer
 */
export function randomKey(seed: number | bigint, purpose: string): RandomKey {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer below 2^53, got ${seed}`);
  const wide = BigInt(seed);
  if (wide < 0n || wide > maxSeed) throw new RangeError(`seed must be in 0 .. 2^64 - 1, got ${seed}`);
  const bytes = new TextEncoder().encode(purpose);
  let hash = fnvOffset;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * fnvPrime);
  const block = new Uint32Array(4);
  philox(block, { k0: lowWord(wide), k1: highWord(wide) }, lowWord(hash), highWord(hash), bytes.length, 0x6366676e);
  return { k0: block[0], k1: block[1] };
}

function lowWord(value: bigint): number {
  return Number(value & 0xffffffffn);
}

function highWord(value: bigint): number {
  return Number(value >> 32n);
}
