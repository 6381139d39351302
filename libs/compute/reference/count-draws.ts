import { philox, type RandomKey } from '@cfgen/math';
import { logFactorial } from './negative-binomial-terms';

/**
 * Draws of one (cell, gene) from NB(mean, theta), a function of (key, row, gene) alone:
 * - as a rule by inversion: u = (word + 0.5)/2^32 of word (gene & 3) of the Philox block (gene >> 2, row low, row high, 0),
 *   x = smallest k with P(X <= k) >= u, summed upwards from P(0) = (theta/(theta + mean))^theta,
 *   p_{k+1} = p_k (k + theta)/(k + 1) mean/(theta + mean);
 * - where P(0) < 1e-20, or the tail is so long (mean/theta > 1000) that summing it would take for ever: Poisson(Gamma(theta, mean/theta))
 *   with the words of blocks (gene, row low, row high, 1), (..., 2), and so on.
 */
export class CountDraws {
  readonly #key: RandomKey;
  readonly #words = new Uint32Array(4);
  #gene = 0;
  #low = 0;
  #high = 0;
  #blockOfFour = -1;
  /** Words used of the blocks for Gamma and Poisson draws. */
  #used = 0;
  #stream = 0;

  constructor(key: RandomKey) {
    this.#key = key;
  }

  startRow(row: number): void {
    this.#low = row >>> 0;
    this.#high = Math.floor(row / 2 ** 32);
    this.#blockOfFour = -1;
  }

  /** Genes of a row are asked for in ascending order. */
  draw(gene: number, mean: number, theta: number): number {
    const logP0 = -theta * Math.log1p(mean / theta);
    if (logP0 >= smallestLogP0 && mean / theta <= longestTail) return invert(this.#uniform(gene), logP0, mean, theta);
    this.#gene = gene;
    this.#stream = 0;
    this.#used = 4;
    return this.#poisson(this.#gamma(theta) * (mean / theta));
  }

  #uniform(gene: number): number {
    const block = gene >>> 2;
    if (block !== this.#blockOfFour) {
      philox(this.#words, this.#key, block, this.#low, this.#high, 0);
      this.#blockOfFour = block;
    }
    return (this.#words[gene & 3] + 0.5) / 2 ** 32;
  }

  #word(): number {
    if (this.#used === 4) {
      this.#stream++;
      philox(this.#words, this.#key, this.#gene, this.#low, this.#high, this.#stream);
      this.#blockOfFour = -1;
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }

  /** Uniform in (0, 1) with 52 bits: gamma draws of small shape and the tails of the Poisson need more than 32. */
  #uniform52(): number {
    const high = this.#word();
    const low = this.#word() >>> 12;
    return (high * 2 ** 20 + low + 0.5) / 2 ** 52;
  }

  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.#uniform52()));
    return radius * Math.cos(2 * Math.PI * this.#uniform52());
  }

  /** Gamma(shape, 1): Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); below shape 1 through shape + 1. */
  #gamma(shape: number): number {
    if (shape < 1) return this.#gamma(shape + 1) * this.#uniform52() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const normal = this.#normal();
      const cube = (1 + c * normal) ** 3;
      if (cube <= 0) continue;
      if (Math.log(this.#uniform52()) < 0.5 * normal * normal + d * (1 - cube + Math.log(cube))) return d * cube;
    }
  }

  /** Poisson: inversion below a mean of 10, else Hörmann's transformed rejection (PTRS, https://doi.org/10.1016/0167-6687(93)90997-4). */
  #poisson(mean: number): number {
    if (mean < 10) {
      const u = this.#uniform52();
      let p = Math.exp(-mean);
      let cumulated = p;
      let k = 0;
      while (u > cumulated && p > 0) {
        k++;
        p *= mean / k;
        cumulated += p;
      }
      return k;
    }
    const spread = Math.sqrt(mean);
    const logMean = Math.log(mean);
    const b = 0.931 + 2.53 * spread;
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const squeeze = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.#uniform52() - 0.5;
      const v = this.#uniform52();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= k * logMean - mean - logFactorial(k)) return k;
    }
  }
}

const smallestLogP0 = Math.log(1e-20);
const longestTail = 1000;

function invert(u: number, logP0: number, mean: number, theta: number): number {
  const ratio = mean / (theta + mean);
  let p = Math.exp(logP0);
  let cumulated = p;
  let k = 0;
  // u stays 1e-10 below 1 and the sum reaches 1 within 1e-11, so the second condition only guards against a mean of NaN or Infinity.
  while (u > cumulated && p > 0) {
    p *= ((k + theta) / (k + 1)) * ratio;
    cumulated += p;
    k++;
  }
  return k;
}
