import type { RandomSource } from '../random/random-source';

/**
 * A draw from Gamma(shape, scale): mean shape x scale. Underflows to 0 for tiny shapes, where {@link sampleLogGamma} still tells values apart.
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), https://doi.org/10.1145/358407.358414; for shape < 1 a draw of
 * shape + 1 is multiplied by u^(1/shape).
 *
 * @throws RangeError unless shape and scale are positive and finite
 */
export function sampleGamma(source: RandomSource, shape: number, scale = 1): number {
  checkPositive('scale', scale);
  if (shape >= 1) return scale * marsagliaTsang(source, shape);
  return scale * Math.exp(sampleLogGamma(source, shape));
}

/**
 * The logarithm of a draw from Gamma(shape, 1): finite for shapes down to 1e-300, e.g. about -10^4 for shape 1e-4.
 *
 * @throws RangeError unless shape is positive and finite
 */
export function sampleLogGamma(source: RandomSource, shape: number): number {
  checkPositive('shape', shape);
  if (shape >= 1) return Math.log(marsagliaTsang(source, shape));
  const boosted = marsagliaTsang(source, shape + 1);
  return Math.log(boosted) + Math.log(source.uniform52()) / shape;
}

function marsagliaTsang(source: RandomSource, shape: number): number {
  checkPositive('shape', shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = source.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = source.uniform();
    const square = x * x;
    if (u < 1 - 0.0331 * square * square) return d * v;
    if (Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v))) return d * v;
  }
}

function checkPositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`gamma ${name} must be positive and finite, got ${value}`);
}
