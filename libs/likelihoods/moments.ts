/** Mean, variance and probability of 0 of a count. */
export interface CountMoments {
  readonly mean: number;
  readonly variance: number;
  readonly zeroProbability: number;
}
