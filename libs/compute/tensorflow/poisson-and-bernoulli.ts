import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { sigmoid } from './sigmoid';
import { logSumOf, softmaxOf } from './softmax';

type PoissonAndBernoulli = Pick<Kernels, 'bernoulliLoss' | 'bernoulliMeans' | 'poissonLoss'>;

export function poissonAndBernoulli(args: KernelArguments): PoissonAndBernoulli {
  const { tf, own } = args;
  const scalar = (value: number) => tf.scalar(value);

  return {
    bernoulliLoss({ logits, counts, rowLoss, scale, gradient }) {
      const kernel = 'bernoulliLoss';
      const [rows, features] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, features]);
      const batch = args.counts(kernel, 'counts', counts, rows, features);
      const outputs = [args.real(kernel, 'rowLoss', rowLoss, [rows])];
      if (gradient) outputs.push(s);
      args.write(outputs, () => {
        // From the side of what was seen, t = s where absent and -s where present, nothing cancels: -ln p = softplus(t), d/dt = sigmoid(t).
        const side = tf.sub(scalar(1), tf.mul(batch.presence, scalar(2)));
        const t = tf.mul(s.value, side);
        const softplus = tf.add(tf.relu(t), own.log1p(tf.exp(tf.neg(tf.abs(t)))));
        const loss = tf.reshape(own.rowSums(softplus), [rows]);
        return gradient ? [loss, tf.mul(tf.mul(sigmoid(tf, t), side), scalar(scale))] : [loss];
      });
    },

    bernoulliMeans(out, { logits }) {
      const shape = args.dimensions('bernoulliMeans', 'logits', logits);
      const s = args.real('bernoulliMeans', 'logits', logits, shape);
      args.write([args.real('bernoulliMeans', 'out', out, shape)], () => [sigmoid(tf, s.value)]);
    },

    poissonLoss({ logits, sizeFactors, counts, rowLoss, scale, gradient }) {
      const kernel = 'poissonLoss';
      const [rows, features] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, features]);
      const batch = args.counts(kernel, 'counts', counts, rows, features);
      const factors = args.real(kernel, 'sizeFactors', sizeFactors, [rows]);
      const outputs = [args.real(kernel, 'rowLoss', rowLoss, [rows])];
      if (gradient) outputs.push(s);
      args.write(outputs, () => {
        const l = tf.reshape(factors.value, [rows, 1]);
        const softmax = softmaxOf(tf, own, s.value);
        const logMean = tf.add(s.value, tf.sub(tf.log(l), logSumOf(tf, softmax)));
        const seen = own.rowSums(tf.mul(batch.dense, logMean));
        const loss = tf.reshape(tf.add(tf.sub(l, seen), batch.logFactorials), [rows]);
        if (!gradient) return [loss];
        const expected = tf.mul(softmax.terms, tf.div(batch.totals, softmax.sums));
        return [loss, tf.mul(tf.sub(expected, batch.dense), scalar(scale))];
      });
    },
  };
}
