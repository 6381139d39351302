import type { DeviceOperations } from './device';
import type { Operations, Value } from './operations';

/** Differences of the gamma function's logarithm and of its derivative between theta and theta + x. */
export interface GammaTerms {
  /** ln Gamma(x + theta) - ln Gamma(theta) - x ln theta. */
  readonly logGamma: Value;
  /** digamma(x + theta) - digamma(theta). */
  readonly digamma: Value;
}

/**
 * For counts x > 0 and inverse dispersions theta > 0 of one shape.
 *
 * TensorFlow's Lgamma and Digamma are not used: in float32 their differences are rounding alone from theta about 1e4 on, where ln Gamma(theta)
 * is 8e4. With a = theta + 8 and b = a + x, Stirling's series gives both differences in terms that stay as small as they are:
 *   ln Gamma(b) - ln Gamma(a) = (a - 1/2) ln(1 + x/a) + x ln b - x + S(b) - S(a),
 *   ln Gamma(x + theta) - ln Gamma(theta) = that - sum_{k<8} ln(1 + x/(theta + k)).
 */
export function gammaTerms(tf: Operations, own: DeviceOperations, x: Value, theta: Value): GammaTerms {
  const scalar = (value: number) => tf.scalar(value);
  const sum = (terms: readonly Value[]) => terms.reduce((total, term) => tf.add(total, term));
  const a = tf.add(theta, scalar(8));
  const b = tf.add(a, x);

  // Products of four factors stay inside float32 for theta from 1e-8 and counts to 1e6.
  const products: Value[] = [];
  const shifts: Value[] = [];
  let product: Value | undefined;
  for (let k = 0; k < 8; k++) {
    const low = k === 0 ? theta : tf.add(theta, scalar(k));
    const ratio = tf.div(x, low);
    shifts.push(tf.div(ratio, tf.add(low, x)));
    const factor = tf.add(ratio, scalar(1));
    product = product === undefined ? factor : tf.mul(product, factor);
    if (k % 4 === 3) {
      products.push(product);
      product = undefined;
    }
  }

  /** S(z) = 1/(12 z) - 1/(360 z³). */
  const stirling = (inverse: Value) => tf.mul(inverse, tf.sub(scalar(1 / 12), tf.mul(tf.square(inverse), scalar(1 / 360))));
  /** digamma(z) - ln z = -1/(2 z) - 1/(12 z²) + 1/(120 z⁴). */
  const remainder = (inverse: Value) => {
    const square = tf.square(inverse);
    return tf.sub(tf.mul(square, tf.sub(tf.mul(square, scalar(1 / 120)), scalar(1 / 12))), tf.mul(inverse, scalar(0.5)));
  };
  const [overA, overB] = [tf.reciprocal(a), tf.reciprocal(b)];
  const step = own.log1p(tf.mul(x, overA));
  const main = tf.sub(tf.mul(tf.sub(a, scalar(0.5)), step), x);
  const scaled = tf.mul(x, own.log1p(tf.div(tf.add(x, scalar(8)), theta)));
  return {
    logGamma: sum([main, scaled, tf.sub(stirling(overB), stirling(overA)), ...products.map((value) => tf.neg(tf.log(value)))]),
    digamma: sum([...shifts, step, tf.sub(remainder(overB), remainder(overA))]),
  };
}
