import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';
import { softmaxOf } from './softmax';

type Losses = Pick<Kernels, 'crossEntropyLoss' | 'squaredErrorLoss' | 'gaussianHead' | 'gaussianHeadGradient' | 'addSum'>;

export function losses(args: KernelArguments): Losses {
  const { tf, own } = args;
  const scalar = (value: number) => tf.scalar(value);

  return {
    crossEntropyLoss({ logits, labels, rowLoss, scale }) {
      const kernel = 'crossEntropyLoss';
      const [rows, categories] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, categories]);
      const codes = args.codes(kernel, 'labels', labels, rows, categories);
      args.write([s, args.real(kernel, 'rowLoss', rowLoss, [rows])], () => {
        const chosen = args.oneHot(codes, categories);
        const labelled = args.floats(
          codes.map((code) => (code < 0 ? 0 : 1)),
          [rows, 1],
        );
        const { terms, sums, top } = softmaxOf(tf, own, s.value);
        const below = own.rowSums(tf.mul(tf.sub(s.value, top), chosen));
        const loss = tf.mul(tf.sub(tf.log(sums), below), labelled);
        const gradient = tf.mul(tf.sub(tf.div(terms, sums), chosen), tf.mul(labelled, scalar(scale)));
        return [gradient, tf.reshape(loss, [rows])];
      });
    },

    squaredErrorLoss({ prediction, target, rowLoss, scale }) {
      const kernel = 'squaredErrorLoss';
      const [rows, columns] = args.dimensions(kernel, 'prediction', prediction);
      const found = args.real(kernel, 'prediction', prediction, [rows, columns]);
      const wanted = args.real(kernel, 'target', target, [rows, columns]);
      args.write([found, args.real(kernel, 'rowLoss', rowLoss, [rows])], () => {
        const difference = tf.sub(found.value, wanted.value);
        return [tf.mul(difference, scalar(2 * scale)), tf.reshape(own.rowSums(tf.square(difference)), [rows])];
      });
    },

    gaussianHead({ head, noise, z, rowKl }) {
      const kernel = 'gaussianHead';
      const [rows, size] = args.dimensions(kernel, 'z', z);
      const both = args.real(kernel, 'head', head, [rows, 2 * size]);
      const e = args.real(kernel, 'noise', noise, [rows, size]);
      args.write([args.real(kernel, 'z', z, [rows, size]), args.real(kernel, 'rowKl', rowKl, [rows])], () => {
        const mean = tf.slice(both.value, [0, 0], [rows, size]);
        const logVariance = tf.slice(both.value, [0, size], [rows, size]);
        const deviation = tf.exp(tf.mul(logVariance, scalar(0.5)));
        // exp(x) - 1 from one operation keeps what is left of v - 1 - ln v when v is close to 1.
        const kl = tf.add(tf.square(mean), tf.sub(own.expm1(logVariance), logVariance));
        return [tf.add(mean, tf.mul(deviation, e.value)), tf.reshape(own.rowSums(tf.mul(kl, scalar(0.5))), [rows])];
      });
    },

    gaussianHeadGradient({ head, noise, dz, dHead, klScale }) {
      const kernel = 'gaussianHeadGradient';
      const [rows, size] = args.dimensions(kernel, 'dz', dz);
      const both = args.real(kernel, 'head', head, [rows, 2 * size]);
      const e = args.real(kernel, 'noise', noise, [rows, size]);
      const upstream = args.real(kernel, 'dz', dz, [rows, size]);
      args.write([args.real(kernel, 'dHead', dHead, [rows, 2 * size])], () => {
        const mean = tf.slice(both.value, [0, 0], [rows, size]);
        const logVariance = tf.slice(both.value, [0, size], [rows, size]);
        const deviation = tf.exp(tf.mul(logVariance, scalar(0.5)));
        const byMean = tf.add(upstream.value, tf.mul(mean, scalar(klScale)));
        const throughZ = tf.mul(tf.mul(upstream.value, e.value), deviation);
        const byLogVariance = tf.mul(tf.add(throughZ, tf.mul(own.expm1(logVariance), scalar(klScale))), scalar(0.5));
        return [tf.concat([byMean, byLogVariance], 1)];
      });
    },

    addSum(total, values, scale) {
      if (total === values) throw misuse('addSum', 'total must not be values');
      const sum = args.real('addSum', 'total', total, [1]);
      const parts = args.real('addSum', 'values', values, [values.size]);
      args.write([sum], () => [tf.add(sum.value, tf.mul(tf.sum(parts.value), scalar(scale)))]);
    },
  };
}
