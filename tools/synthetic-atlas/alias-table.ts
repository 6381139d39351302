import type { RandomSource } from '@cfgen/math';

/**
 * Draws an index with given probabilities in constant time (Vose, "A linear algorithm for generating random numbers with a
 * given distribution", IEEE Transactions on Software Engineering 17:972-975, 1991): an atlas takes hundreds of millions of draws.
 */
export class AliasTable {
  /** Chance, as a 32-bit threshold, that a cell of the table stands for itself. */
  readonly #keep: Uint32Array;
  readonly #alias: Uint32Array;

  /** @param probabilities sum to 1. */
  constructor(probabilities: Float64Array) {
    const size = probabilities.length;
    this.#keep = new Uint32Array(size).fill(0xffff_ffff);
    this.#alias = Uint32Array.from({ length: size }, (_, index) => index);
    const scaled = probabilities.map((probability) => probability * size);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((share, index) => (share < 1 ? small : large).push(index));
    for (;;) {
      const less = small.pop();
      const more = large.at(-1);
      if (less === undefined || more === undefined) return;
      const share = scaled[less] ?? 0;
      this.#keep[less] = Math.min(0xffff_ffff, Math.floor(share * 2 ** 32));
      this.#alias[less] = more;
      const rest = (scaled[more] ?? 0) - (1 - share);
      scaled[more] = rest;
      if (rest < 1) {
        large.pop();
        small.push(more);
      }
    }
  }

  draw(source: RandomSource): number {
    const cell = Math.floor(source.uniform() * this.#keep.length);
    return (source.uint32() <= (this.#keep[cell] ?? 0) ? cell : this.#alias[cell]) ?? 0;
  }
}
