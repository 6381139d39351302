import { philox, sampleLogGamma, samplePoisson, sigmoid, type RandomKey, type RandomSource } from '@cfgen/math';

/** ln 1e-20: below it a 32-bit uniform number says too little, and P(0) as the start of a sum loses its digits. */
const smallestLogP0 = Math.log(1e-20);
/** Largest mean/theta for which the tail, about 23 (1 + mean/theta) long, is summed. */
const longestTail = 1000;

/**
 * Draws of one (cell, gene), a function of (key, row, gene) alone. From NB(mean, theta):
 * - as a rule by inversion: u = (word + 0.5)/2^32 of word (gene & 3) of the Philox block (gene >> 2, row low, row high, 0),
 *   x = smallest k with P(X <= k) >= u, summed upwards from P(0) = (theta/(theta + mean))^theta,
 *   p_{k+1} = p_k (k + theta)/(k + 1) mean/(theta + mean);
 * - where P(0) < 1e-20 or mean/theta > 1000: Poisson(Gamma(theta, mean/theta)) with the words of the blocks
 *   (gene, row low, row high, 1), (..., 2), and so on.
 *
 * From Poisson(mean): the same with P(0) = exp(-mean) and p_{k+1} = p_k mean/(k + 1); where P(0) < 1e-20, Poisson(mean) from the words of
 * the later blocks. 1 with probability sigmoid(logit): where u < sigmoid(logit).
 */
export class CountDraws {
  readonly #key: RandomKey;
  readonly #words = new Uint32Array(4);
  readonly #source: GeneWords;
  #low = 0;
  #high = 0;
  #block = -1;

  constructor(key: RandomKey) {
    this.#key = key;
    this.#source = new GeneWords(key);
  }

  startRow(row: number): void {
    this.#low = row >>> 0;
    this.#high = Math.floor(row / 2 ** 32);
    this.#block = -1;
  }

  draw(gene: number, mean: number, theta: number): number {
    const logP0 = -theta * Math.log1p(mean / theta);
    if (logP0 >= smallestLogP0 && mean / theta <= longestTail) {
      const ratio = mean / (theta + mean);
      return invert(this.#uniform(gene), logP0, (k) => ((k + theta) / (k + 1)) * ratio);
    }
    this.#source.moveTo(gene, this.#low, this.#high);
    return samplePoisson(this.#source, Math.exp(sampleLogGamma(this.#source, theta) + Math.log(mean / theta)));
  }

  drawPoisson(gene: number, mean: number): number {
    if (-mean >= smallestLogP0) return invert(this.#uniform(gene), -mean, (k) => mean / (k + 1));
    this.#source.moveTo(gene, this.#low, this.#high);
    return samplePoisson(this.#source, mean);
  }

  drawBernoulli(gene: number, logit: number): 0 | 1 {
    const u = this.#uniform(gene);
    // From the side where the probability is small, so that rounding of the other never decides.
    return (logit > 0 ? 1 - u > sigmoid(-logit) : u < sigmoid(logit)) ? 1 : 0;
  }

  #uniform(gene: number): number {
    const block = gene >>> 2;
    if (block !== this.#block) {
      philox(this.#words, this.#key, block, this.#low, this.#high, 0);
      this.#block = block;
    }
    return (this.#words[gene & 3] + 0.5) / 2 ** 32;
  }
}

/** Smallest k with P(X <= k) >= u; `step(k)` is P(k + 1) / P(k). */
function invert(u: number, logP0: number, step: (k: number) => number): number {
  let p = Math.exp(logP0);
  let cumulated = p;
  let k = 0;
  // u stays 1e-10 below 1, which the sum comes closer to than 1e-11; where p underflows there is nothing more to add.
  while (u > cumulated && p > 0) {
    p *= step(k);
    cumulated += p;
    k++;
  }
  return k;
}

/** As many words as a draw wants: those of the Philox blocks (gene, row low, row high, 1), (..., 2), ... */
class GeneWords implements RandomSource {
  readonly #key: RandomKey;
  readonly #words = new Uint32Array(4);
  #gene = 0;
  #low = 0;
  #high = 0;
  #used = 0;

  constructor(key: RandomKey) {
    this.#key = key;
  }

  moveTo(gene: number, low: number, high: number): void {
    this.#gene = gene;
    this.#low = low;
    this.#high = high;
    this.#used = 0;
  }

  uint32(): number {
    const lane = this.#used & 3;
    if (lane === 0) philox(this.#words, this.#key, this.#gene, this.#low, this.#high, 1 + (this.#used >>> 2));
    this.#used++;
    return this.#words[lane];
  }

  uniform(): number {
    return (this.uint32() + 0.5) / 2 ** 32;
  }

  uniform52(): number {
    const high = this.uint32();
    return (high * 2 ** 20 + (this.uint32() >>> 12) + 0.5) / 2 ** 52;
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform52()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}
