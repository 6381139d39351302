import type { DeviceOperations } from './device';
import type { Operations, Value } from './operations';

/*
 * WGSL promises logarithms near 1 to an absolute 2^-21 only, sines between -pi and pi to 2^-11, and has neither ln(1 + x) nor exp(x) - 1:
 * TensorFlow.js writes them as log(1.0 + x) and exp(x) - 1.0, which lose small x. These are made of series where that matters.
 */
export function composedOperations(tf: Operations): DeviceOperations {
  const scalar = (value: number) => tf.scalar(value);

  /** c[0] + c[1] x + c[2] x² + ... */
  const polynomial = (x: Value, coefficients: readonly number[]): Value =>
    coefficients.reduceRight<Value | undefined>(
      (sum, c) => (sum === undefined ? scalar(c) : tf.add(tf.mul(sum, x), scalar(c))),
      undefined,
    ) ?? scalar(0);

  /** sin(2 pi t), |t| <= 1/4, by its series to t^11. */
  const sineOfTurns = (t: Value): Value => {
    const series = [1, -6, 120, -5040, 362_880, -39_916_800].map((factorial, k) => (2 * Math.PI) ** (2 * k + 1) / factorial);
    return tf.mul(t, polynomial(tf.square(t), series));
  };

  return {
    log1p: (x) =>
      tf.tidy(() => {
        // ln(1 + x) = 2 artanh(s), s = x/(2 + x): below x = 1, s² stays below 1/9.
        const s = tf.div(x, tf.add(x, scalar(2)));
        const odd = [0, 1, 2, 3, 4, 5, 6].map((k) => 2 / (2 * k + 1));
        const series = tf.mul(s, polynomial(tf.square(s), odd));
        return tf.where(tf.less(tf.abs(x), scalar(0.7)), series, tf.log(tf.add(x, scalar(1))));
      }),

    expm1: (x) =>
      tf.tidy(() => {
        const small = tf.less(tf.abs(x), scalar(0.5));
        const factorials = [1, 2, 6, 24, 120, 720, 5040, 40_320].map((factorial) => 1 / factorial);
        return tf.where(small, tf.mul(x, polynomial(x, factorials)), tf.sub(tf.exp(x), scalar(1)));
      }),

    waves: (x, turns) =>
      tf.tidy(() => {
        // Whole turns are taken off before anything is rounded: both factors are cut in two, so that the product of the leading parts is exact.
        const { leading, rest } = split(turns);
        const row = (values: Float32Array) => tf.tensor(values, [1, values.length], 'float32');
        const steps = scalar(2 ** 11);
        const xLeading = tf.div(tf.round(tf.mul(x, steps)), steps);
        const fraction = (turnsOf: Value) => tf.sub(turnsOf, tf.round(turnsOf));
        const whole = fraction(tf.mul(xLeading, row(leading)));
        const small = tf.add(tf.mul(xLeading, row(rest)), tf.mul(tf.sub(x, xLeading), row(Float32Array.from(turns))));
        const f = fraction(tf.add(whole, small));
        // cos(2 pi f) = sin(2 pi (1/4 - |f|)) for |f| <= 1/2, which lies in a quarter turn of 0; a sine is a cosine a quarter turn later.
        const cosine = (of: Value) => sineOfTurns(tf.sub(scalar(0.25), tf.abs(fraction(of))));
        return { sin: cosine(tf.sub(f, scalar(0.25))), cos: cosine(f) };
      }),

    rowSums(x) {
      const [rows = 0, columns = 0] = x.shape;
      if (columns < 8192) return tf.sum(x, 1, true);
      return tf.tidy(() => {
        // One thread would add thousands of numbers one after the other: groups of columns first, then the groups.
        const groups = Math.floor(Math.sqrt(columns));
        const size = Math.floor(columns / groups);
        const grouped = groups * size;
        const main = grouped === columns ? x : tf.slice(x, [0, 0], [rows, grouped]);
        const sum = tf.sum(tf.sum(tf.reshape(main, [rows, groups, size]), 2), 1, true);
        return grouped === columns ? sum : tf.add(sum, tf.sum(tf.slice(x, [0, grouped], [rows, columns - grouped]), 1, true));
      });
    },

    gather: (x, indices) => tf.gather(x, indices),
  };
}

/** Each number as one of 12 binary digits and what is left. */
function split(values: readonly number[]): { leading: Float32Array; rest: Float32Array } {
  const leading = Float32Array.from(values, (value) => {
    if (value === 0) return 0;
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 11);
    return Math.round(value / unit) * unit;
  });
  return { leading, rest: Float32Array.from(values, (value, i) => value - leading[i]) };
}
