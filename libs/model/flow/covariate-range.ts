/** Smallest and largest value of a covariate over the training cells: what it is rescaled by before it conditions the flow. */
export interface CovariateRange {
  readonly min: number;
  readonly max: number;
}

/** `(c - min)/(max - min)`; 0 when all training cells had one value. Values outside [0, 1] are allowed: values never trained on. */
export function rescaledCovariate(value: number, range: CovariateRange): number {
  return range.max > range.min ? (value - range.min) / (range.max - range.min) : 0;
}
