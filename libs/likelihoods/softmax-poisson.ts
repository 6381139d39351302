import { lgamma, logSumExp } from '@cfgen/math';
import type { ObservedCounts } from './softmax-negative-binomial';
import { checkCount } from './support';

/*
 * One cell of a Poisson decoder: logits s [P], size factor l; rho = softmax(s), mean mu = l rho, x_p ~ Poisson(mu_p) independently.
 * In 64-bit numbers: the definition that engines' fused kernels are compared with.
 */

export interface PoissonRow {
  readonly logits: ArrayLike<number>;
  /** l, positive and finite. */
  readonly sizeFactor: number;
}

export interface PoissonGradients {
  /** Receives `scale * d(-ln p)/ds` [P]; may be the logits themselves. */
  readonly logits: { [index: number]: number };
  readonly scale: number;
}

/**
 * -ln p(x) of one cell summed over features: l - sum_p x_p ln mu_p + sum_p ln x_p!, since the means sum to l. Its gradient by the mean is
 * mu d/dmu = mu - x; through the softmax, d/ds_p = (mu_p - x_p) - rho_p sum_q (mu_q - x_q) = n rho_p - x_p, n the sum of the counts.
 *
 * @throws RangeError for a size factor, count or column outside its support
 */
export function softmaxPoissonLoss(row: PoissonRow, counts: ObservedCounts, gradients?: PoissonGradients): number {
  const { logits, sizeFactor } = row;
  if (!(sizeFactor > 0 && sizeFactor < Infinity)) throw new RangeError(`the size factor must be positive and finite, got ${sizeFactor}`);
  const logSum = logSumExp(logits);
  const logOffset = Math.log(sizeFactor) - logSum;
  let loss = sizeFactor;
  let total = 0;
  let previous = -1;
  for (let e = counts.start; e < counts.end; e++) {
    const p = counts.indices[e];
    const x = counts.values[e];
    checkCount(x);
    if (!(p > previous && p < logits.length)) {
      throw new RangeError(`columns must ascend below ${logits.length}, got ${p} at entry ${e - counts.start}`);
    }
    previous = p;
    // A stored zero says nothing about ln mu, which may be -Infinity.
    if (x === 0) continue;
    loss += lgamma(x + 1) - x * (logits[p] + logOffset);
    total += x;
  }
  if (gradients === undefined) return loss;
  let entry = counts.start;
  for (let p = 0; p < logits.length; p++) {
    const x = entry < counts.end && counts.indices[entry] === p ? counts.values[entry++] : 0;
    gradients.logits[p] = gradients.scale * (total * Math.exp(logits[p] - logSum) - x);
  }
  return loss;
}
