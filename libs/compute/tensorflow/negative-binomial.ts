import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import type { KernelArguments } from './arguments';
import type { DeviceCounts, Entries } from './counts';
import { gammaTerms } from './gamma-terms';
import type { Value } from './operations';
import { softmaxOf } from './softmax';
import type { DeviceTensor } from './storage';

type NegativeBinomial = Pick<Kernels, 'negativeBinomialLoss' | 'negativeBinomialMeans'>;

/** logTheta [G], or [C, G] with the code of each row of the batch. */
export interface Dispersions {
  readonly logTheta: DeviceTensor;
  readonly codes: Int32Array | undefined;
  readonly categories: number;
}

export function dispersions(
  args: KernelArguments,
  kernel: string,
  logTheta: Tensor,
  category: Tensor | undefined,
  rows: number,
  genes: number,
): Dispersions {
  if (category === undefined) return { logTheta: args.real(kernel, 'logTheta', logTheta, [genes]), codes: undefined, categories: 1 };
  const [categories] = args.dimensions(kernel, 'logTheta', logTheta);
  return {
    logTheta: args.real(kernel, 'logTheta', logTheta, [categories, genes]),
    codes: args.codes(kernel, 'category', category, rows, categories, 0),
    categories,
  };
}

/** What a stored count changes against a zero in its place. */
interface Corrections {
  /** Of -ln p [E], without ln x!. */
  readonly loss: Value;
  /** Of theta d(-ln p)/d theta [E]. */
  readonly byTheta: Value;
}

/**
 * Every entry of the batch is first treated as a zero (one exp, one logarithm, one division); the few others are then corrected. With
 * r = mu/theta, q = 1/(1 + r), y = r q and L = ln(1 + r):
 *   -ln p(x)               = theta L - x (ln mu - L) - [ln Gamma(x + theta) - ln Gamma(theta) - x ln theta] + ln x!
 *   mu d(-ln p)/d mu       = (mu - x) q
 *   theta d(-ln p)/d theta = theta (L - y) - q [(mu + theta)(digamma(x + theta) - digamma(theta)) - x]
 * Gradients by theta are laid out in the batch before they are added up, so that the order of the sum is the backend's own for a dense matrix.
 */
export function negativeBinomial(args: KernelArguments): NegativeBinomial {
  const { tf, own } = args;
  const scalar = (value: number) => tf.scalar(value);

  const corrections = (entries: Entries, logits: Value, logOffset: Value, theta: Value): Corrections => {
    const { counts: x } = entries;
    const logMean = tf.add(own.gather(tf.reshape(logits, [-1]), entries.places), own.gather(tf.reshape(logOffset, [-1]), entries.rows));
    const mean = tf.exp(logMean);
    const ratio = tf.div(mean, theta);
    const { logGamma, digamma } = gammaTerms(tf, own, x, theta);
    const q = tf.reciprocal(tf.add(ratio, scalar(1)));
    return {
      loss: tf.neg(tf.add(tf.mul(x, tf.sub(logMean, own.log1p(ratio))), logGamma)),
      byTheta: tf.mul(q, tf.sub(x, tf.mul(tf.add(mean, theta), digamma))),
    };
  };

  const thetaOfEntries = ({ columns, places }: Entries, theta: Value, codes: Int32Array | undefined) =>
    codes === undefined ? own.gather(theta, columns) : own.gather(tf.reshape(theta, [-1]), places);

  return {
    negativeBinomialLoss({ logits, logTheta, category, sizeFactors, counts, rowLoss, dLogTheta, scale }) {
      const kernel = 'negativeBinomialLoss';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, genes]);
      const dispersion = dispersions(args, kernel, logTheta, category, rows, genes);
      const { codes, categories } = dispersion;
      const batch: DeviceCounts = args.counts(kernel, 'counts', counts, rows, genes);
      const factors = args.real(kernel, 'sizeFactors', sizeFactors, [rows]);
      const outputs = [args.real(kernel, 'rowLoss', rowLoss, [rows])];
      if (dLogTheta !== undefined) outputs.push(s, args.real(kernel, 'dLogTheta', dLogTheta, logTheta.shape));

      args.write(outputs, () => {
        const { terms, sums, top } = softmaxOf(tf, own, s.value);
        const l = tf.reshape(factors.value, [rows, 1]);
        const mean = tf.mul(terms, tf.div(l, sums));
        const everyTheta = tf.exp(dispersion.logTheta.value);
        const theta = codes === undefined ? everyTheta : own.gather(everyTheta, args.int32(codes));
        const ratio = tf.div(mean, theta);
        const logTerm = own.log1p(ratio);
        const zeroLoss = tf.mul(theta, logTerm);

        const { entries } = batch;
        const logOffset = tf.sub(tf.log(tf.div(l, sums)), top);
        const corrected = entries && corrections(entries, s.value, logOffset, thetaOfEntries(entries, theta, codes));
        const loss = corrected === undefined ? zeroLoss : tf.add(zeroLoss, batch.spread(corrected.loss));
        const total = tf.reshape(tf.add(own.rowSums(loss), batch.logFactorials), [rows]);
        if (dLogTheta === undefined) return [total];

        const q = tf.reciprocal(tf.add(ratio, scalar(1)));
        const slope = tf.mul(tf.sub(mean, batch.dense), q);
        // d/ds = slope - softmax(s) * (sum of the slopes).
        const shared = tf.div(own.rowSums(slope), l);
        const byLogits = tf.mul(tf.sub(slope, tf.mul(mean, shared)), scalar(scale));

        const excess = tf.mul(theta, tf.sub(logTerm, tf.mul(ratio, q)));
        const byTheta = corrected === undefined ? excess : tf.add(excess, batch.spread(corrected.byTheta));
        const summed = codes === undefined ? tf.sum(byTheta, 0) : tf.matMul(args.oneHot(codes, categories), byTheta, true);
        return [total, byLogits, tf.mul(summed, scalar(scale))];
      });
    },

    negativeBinomialMeans(out, { logits, sizeFactors }) {
      const kernel = 'negativeBinomialMeans';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const s = args.real(kernel, 'logits', logits, [rows, genes]);
      const factors = args.real(kernel, 'sizeFactors', sizeFactors, [rows]);
      args.write([args.real(kernel, 'out', out, [rows, genes])], () => {
        const { terms, sums } = softmaxOf(tf, own, s.value);
        return [tf.mul(terms, tf.div(tf.reshape(factors.value, [rows, 1]), sums))];
      });
    },
  };
}
