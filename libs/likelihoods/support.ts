/** @throws RangeError unless x is a whole number, not negative */
export function checkCount(x: number): void {
  if (!(Number.isInteger(x) && x >= 0)) throw new RangeError(`a count must be a whole number, not negative, got ${x}`);
}

/** @throws RangeError unless 0 <= mean < Infinity */
export function checkMean(mean: number): void {
  if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`the mean must be finite and not negative, got ${mean}`);
}

/** @throws RangeError unless 0 < theta < Infinity */
export function checkTheta(theta: number): void {
  if (!(theta > 0 && theta < Infinity)) throw new RangeError(`the inverse dispersion theta must be positive and finite, got ${theta}`);
}
