/** Smallest and largest ln l of the training cells: what size factors are rescaled by before they condition the flow. */
export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

export function sizeRange(sizeFactors: ArrayLike<number>): SizeRange {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < sizeFactors.length; i++) {
    const value = Math.log(sizeFactors[i]);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** `(ln l - min)/(max - min)`; 0 when all training cells had one size. Values outside [0, 1] are allowed: sizes never trained on. */
export function rescaledSize(sizeFactor: number, range: SizeRange): number {
  return range.max > range.min ? (Math.log(sizeFactor) - range.min) / (range.max - range.min) : 0;
}
