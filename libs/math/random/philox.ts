/**
 * Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011,
 * https://doi.org/10.1145/2063384.2063405): a bijection of 128-bit counters, one for each 64-bit key. There is no state to carry, so that
 * the numbers of a cell depend on its index alone.
 */

/** A key of the counter-based generator: two unsigned 32-bit words. Made by {@link randomKey}. */
export interface RandomKey {
  readonly k0: number;
  readonly k1: number;
}

const multiplier0Low = 0x1f53;
const multiplier0High = 0xd251;
const multiplier0 = 0xd2511f53 | 0;
const multiplier1Low = 0x8d57;
const multiplier1High = 0xcd9e;
const multiplier1 = 0xcd9e8d57 | 0;
const weyl0 = 0x9e3779b9 | 0;
const weyl1 = 0xbb67ae85 | 0;

/**
 * Writes the four 32-bit words of the block with counter (c0, c1, c2, c3) to `out[0..3]`.
 * Counters and keys are taken modulo 2^32. Allocates nothing.
 *
 * @example
 * philox(out, { k0: 0, k1: 0 }, 0, 0, 0, 0); // out = 6627e8d5 e169c58d bc57ac4c 9b00dbd8
 */
export function philox(out: Uint32Array, key: RandomKey, c0: number, c1: number, c2: number, c3: number): void {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let k0 = key.k0 | 0;
  let k1 = key.k1 | 0;
  for (let round = 0; round < 10; round++) {
    // High words of the products, from 16-bit halves: no partial sum passes 2^32.
    const a = x0 & 0xffff;
    const b = x0 >>> 16;
    const s = (Math.imul(b, multiplier0Low) + (Math.imul(a, multiplier0Low) >>> 16)) >>> 0;
    const t = ((s & 0xffff) + (Math.imul(a, multiplier0High) >>> 0)) >>> 0;
    const high0 = (Math.imul(b, multiplier0High) + (s >>> 16) + (t >>> 16)) | 0;
    const low0 = Math.imul(x0, multiplier0);

    const c = x2 & 0xffff;
    const d = x2 >>> 16;
    const v = (Math.imul(d, multiplier1Low) + (Math.imul(c, multiplier1Low) >>> 16)) >>> 0;
    const w = ((v & 0xffff) + (Math.imul(c, multiplier1High) >>> 0)) >>> 0;
    const high1 = (Math.imul(d, multiplier1High) + (v >>> 16) + (w >>> 16)) | 0;
    const low1 = Math.imul(x2, multiplier1);

    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}
