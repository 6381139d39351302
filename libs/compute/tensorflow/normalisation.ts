import { philox } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import type { RandomKey } from '../port/tensor';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';
import type { Value } from './operations';
import { sigmoid, sigmoidAndSlope } from './sigmoid';
import { sumOfRows } from './sum-of-rows';

type Normalisation = Pick<Kernels, 'batchNormElu' | 'batchNormEluGradient' | 'batchNormEluFrozen' | 'dropout' | 'silu' | 'siluGradient'>;

export function normalisation(args: KernelArguments): Normalisation {
  const { tf } = args;
  const scalar = (value: number) => tf.scalar(value);
  /** old + momentum (new - old). */
  const moved = (old: Value, now: Value, momentum: number) => tf.add(old, tf.mul(tf.sub(now, old), scalar(momentum)));

  const meanOfRows = (x: Value, rows: number) => tf.mul(sumOfRows(tf, x), scalar(1 / rows));

  return {
    batchNormElu(out, { x, gamma, beta, runningMean, runningVariance, saved, epsilon, momentum }) {
      const kernel = 'batchNormElu';
      const [rows, hidden] = args.dimensions(kernel, 'x', x);
      if (rows < 2) throw misuse(kernel, `x has ${rows} rows: a batch variance needs at least 2`);
      const input = args.real(kernel, 'x', x, [rows, hidden]);
      const scale = args.real(kernel, 'gamma', gamma, [hidden]);
      const shift = args.real(kernel, 'beta', beta, [hidden]);
      const oldMean = args.real(kernel, 'runningMean', runningMean, [hidden]);
      const oldVariance = args.real(kernel, 'runningVariance', runningVariance, [hidden]);
      const outputs = [args.real(kernel, 'out', out, [rows, hidden]), args.real(kernel, 'saved', saved, [2, hidden]), oldMean, oldVariance];
      args.write(outputs, () => {
        const mean = meanOfRows(input.value, rows);
        const centred = tf.sub(input.value, mean);
        const variance = meanOfRows(tf.square(centred), rows);
        const inverse = tf.reciprocal(tf.sqrt(tf.add(variance, scalar(epsilon))));
        const unbiased = tf.mul(variance, scalar(rows / (rows - 1)));
        return [
          tf.elu(tf.add(tf.mul(centred, tf.mul(inverse, scale.value)), shift.value)),
          tf.stack([mean, inverse], 0),
          moved(oldMean.value, mean, momentum),
          moved(oldVariance.value, unbiased, momentum),
        ];
      });
    },

    batchNormEluGradient(dx, { dy, x, y, gamma, saved, dGamma, dBeta }) {
      const kernel = 'batchNormEluGradient';
      const [rows, hidden] = args.dimensions(kernel, 'x', x);
      const shape = [rows, hidden];
      const input = args.real(kernel, 'x', x, shape);
      const output = args.real(kernel, 'y', y, shape);
      const above = args.real(kernel, 'dy', dy, shape);
      const scale = args.real(kernel, 'gamma', gamma, [hidden]);
      const moments = args.real(kernel, 'saved', saved, [2, hidden]);
      const outputs = [
        args.real(kernel, 'dx', dx, shape),
        args.real(kernel, 'dGamma', dGamma, [hidden]),
        args.real(kernel, 'dBeta', dBeta, [hidden]),
      ];
      args.write(outputs, () => {
        const mean = tf.slice(moments.value, [0, 0], [1, hidden]);
        const inverse = tf.slice(moments.value, [1, 0], [1, hidden]);
        const normalised = tf.mul(tf.sub(input.value, mean), inverse);
        // The slope of ELU from its own value y: 1 above 0, exp(x) = y + 1 below.
        const upstream = tf.mul(above.value, tf.add(tf.minimum(output.value, scalar(0)), scalar(1)));
        const sum = sumOfRows(tf, upstream);
        const sumWithNormalised = sumOfRows(tf, tf.mul(upstream, normalised));
        // Mean and variance depend on x too: what they carry is taken off the direct part.
        const carried = tf.add(tf.mul(normalised, sumWithNormalised), sum);
        const direct = tf.sub(upstream, tf.mul(carried, scalar(1 / rows)));
        return [tf.mul(direct, tf.mul(scale.value, inverse)), sumWithNormalised, sum];
      });
    },

    batchNormEluFrozen(out, { x, gamma, beta, runningMean, runningVariance, epsilon }) {
      const kernel = 'batchNormEluFrozen';
      const [rows, hidden] = args.dimensions(kernel, 'x', x);
      const input = args.real(kernel, 'x', x, [rows, hidden]);
      const scale = args.real(kernel, 'gamma', gamma, [hidden]);
      const shift = args.real(kernel, 'beta', beta, [hidden]);
      const mean = args.real(kernel, 'runningMean', runningMean, [hidden]);
      const variance = args.real(kernel, 'runningVariance', runningVariance, [hidden]);
      args.write([args.real(kernel, 'out', out, [rows, hidden])], () => {
        const factor = tf.div(scale.value, tf.sqrt(tf.add(variance.value, scalar(epsilon))));
        return [tf.elu(tf.add(tf.mul(tf.sub(input.value, mean.value), factor), shift.value))];
      });
    },

    dropout(x, { rate, key, stream }) {
      const [rows, columns] = args.dimensions('dropout', 'x', x);
      if (!(rate >= 0 && rate < 1)) throw misuse('dropout', `rate is ${rate}, must be in [0, 1)`);
      const values = args.real('dropout', 'x', x, [rows, columns]);
      const mask = dropoutMask(rows, columns, rate, key, stream);
      args.write([values], () => [tf.mul(values.value, args.floats(mask, [rows, columns]))]);
    },

    silu(out, x) {
      const input = args.real('silu', 'x', x, x.shape);
      args.write([args.real('silu', 'out', out, x.shape)], () => [tf.mul(input.value, sigmoid(tf, input.value))]);
    },

    siluGradient(dx, x, dy, { accumulate = false } = {}) {
      const input = args.real('siluGradient', 'x', x, x.shape);
      const upstream = args.real('siluGradient', 'dy', dy, x.shape);
      const result = args.real('siluGradient', 'dx', dx, x.shape);
      if (accumulate) args.distinct('siluGradient', 'dx', dx, { dy });
      args.write([result], () => {
        const { value, slope: bend } = sigmoidAndSlope(tf, input.value);
        const slope = tf.add(value, tf.mul(input.value, bend));
        const gradient = tf.mul(upstream.value, slope);
        return [accumulate ? tf.add(gradient, result.value) : gradient];
      });
    },
  };
}

/** 0, or 1/(1 - rate) where u >= rate, u of word (column & 3) of the Philox block (column >> 2, row, 0, stream). */
function dropoutMask(rows: number, columns: number, rate: number, key: RandomKey, stream: number): Float32Array {
  const mask = new Float32Array(rows * columns);
  const words = new Uint32Array(4);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) {
      if ((j & 3) === 0) philox(words, key, j >>> 2, r, 0, stream);
      const u = (words[j & 3] + 0.5) / 2 ** 32;
      mask[r * columns + j] = u >= rate ? 1 / (1 - rate) : 0;
    }
  }
  return mask;
}
