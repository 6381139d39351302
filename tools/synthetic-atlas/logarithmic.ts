import type { RandomSource } from '@cfgen/math';

/** Terms below this are never reached by a uniform number of 32 bits. */
const smallestTerm = 2 ** -34;

/**
 * Draws from logarithmic distributions, P(k) = -p^k / (k ln(1 - p)) for k = 1, 2, ..., one for each feature: how many counts one event of a
 * negative binomial of Fano factor F brings, p = 1 - 1/F.
 */
export class LogarithmicDraws {
  readonly #p: Float64Array;
  /** P(1) of each feature: for most of them nearly 1. */
  readonly #single: Float64Array;

  constructor(fanoFactors: Float64Array) {
    this.#p = fanoFactors.map((fano) => 1 - 1 / fano);
    this.#single = fanoFactors.map((fano) => (fano - 1 < 1e-9 ? 1 : (1 - 1 / fano) / Math.log(fano)));
  }

  draw(feature: number, source: RandomSource): number {
    let left = source.uniform();
    let term = this.#single[feature] ?? 1;
    const p = this.#p[feature] ?? 0;
    let count = 1;
    while (left > term && term > smallestTerm) {
      left -= term;
      term *= (p * count) / (count + 1);
      count += 1;
    }
    return count;
  }
}
