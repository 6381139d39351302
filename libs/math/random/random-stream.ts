import { sampleGamma } from '../distributions/gamma';
import { samplePoisson } from '../distributions/poisson';
import { philox, type RandomKey } from './philox';
import type { RandomSource } from './random-source';

const twoPi = 2 * Math.PI;
const inverse32 = 2 ** -32;
const inverse52 = 2 ** -52;
const two32 = 2 ** 32;
const wordsPerStream = 2 ** 34;

/**
 * A sequence of numbers read from the counter-based generator word by word, for shuffles, priors and samplers that need
 * an unknown number of words. Word i of the sequence is word (i & 3) of the Philox block (i >> 2, row low, row high, stream).
 *
 * Its only state is `position`, the number of words used: a stream built with the same key, row and stream and put at the same position
 * goes on as if never stopped. It holds 2^34 words; reading further throws a RangeError.
 *
 * @example
 * const stream = new RandomStream(randomKey(seed, 'training/shuffle'), epoch);
 * shuffle(order, stream);
 */
export class RandomStream implements RandomSource {
  readonly #key: RandomKey;
  readonly #words = new Uint32Array(4);
  #rowLow = 0;
  #rowHigh = 0;
  #stream = 0;
  #position = 0;
  #blockReady = false;

  constructor(key: RandomKey, row = 0, stream = 0) {
    this.#key = key;
    this.moveTo(row, stream);
  }

  /** Words used so far. Assigning continues from there. */
  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`position must be a non-negative integer, got ${position}`);
    this.#position = position;
    this.#blockReady = false;
  }

  /** Continues at the start (or at `position`) of another row and stream of the same key, without allocating. */
  moveTo(row: number, stream: number, position = 0): void {
    if (!Number.isSafeInteger(row) || row < 0) throw new RangeError(`row must be an integer in 0 .. 2^53 - 1, got ${row}`);
    this.#rowLow = row >>> 0;
    this.#rowHigh = Math.floor(row * inverse32);
    this.#stream = stream >>> 0;
    this.position = position;
  }

  uint32(): number {
    const position = this.#position;
    const lane = position & 3;
    if (lane === 0 || !this.#blockReady) {
      if (position >= wordsPerStream) throw new RangeError('random stream used up: 2^34 words were drawn');
      philox(this.#words, this.#key, Math.floor(position / 4), this.#rowLow, this.#rowHigh, this.#stream);
      this.#blockReady = true;
    }
    this.#position = position + 1;
    return this.#words[lane];
  }

  uniform(): number {
    return (this.uint32() + 0.5) * inverse32;
  }

  uniform52(): number {
    const high = this.uint32() >>> 6;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low + 0.5) * inverse52;
  }

  /** Standard normal by Box-Muller from two words (the sine is not kept, so that `position` is the whole state). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    return radius * Math.cos(twoPi * this.uniform());
  }

  /**
   * Uniform integer in 0 .. n - 1, each exactly equally likely (by rejection).
   * @throws RangeError unless n is an integer in 1 .. 2^53 - 1
   */
  below(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`below(n) needs an integer in 1 .. 2^53 - 1, got ${n}`);
    if (n <= two32) {
      const limit = two32 - (two32 % n);
      for (;;) {
        const word = this.uint32();
        if (word < limit) return word % n;
      }
    }
    const range = 2 ** 53;
    const limit = range - (range % n);
    for (;;) {
      const wide = (this.uint32() >>> 11) * two32 + this.uint32();
      if (wide < limit) return wide % n;
    }
  }

  /** A draw from Gamma(shape, 1), see {@link sampleGamma}. */
  gamma(shape: number): number {
    return sampleGamma(this, shape);
  }

  /** A draw from Poisson(mean), see {@link samplePoisson}. */
  poisson(mean: number): number {
    return samplePoisson(this, mean);
  }
}
