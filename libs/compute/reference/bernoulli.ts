import { bernoulliLogDensity, bernoulliLogitGradient } from '@cfgen/likelihoods';
import { sigmoid } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';
import { CountDraws } from './count-draws';
import { drawRows } from './sparse-draws';

type Bernoulli = Pick<Kernels, 'bernoulliLoss' | 'bernoulliMeans' | 'sampleBernoulli'>;

const bernoulliLoss: Kernels['bernoulliLoss'] = (args) => {
  const { real, matrix, counts } = argumentsOf('bernoulliLoss');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const x = counts('counts', args.counts, rows, features);
  const rowLoss = real('rowLoss', args.rowLoss, [rows]);
  for (let r = 0; r < rows; r++) {
    const s = logits.subarray(r * features, (r + 1) * features);
    // A training that diverges must show it as a loss that is no number.
    if (s.some(Number.isNaN)) {
      rowLoss[r] = NaN;
      if (args.gradient) s.fill(NaN);
      continue;
    }
    let entry = x.indptr[r];
    let loss = 0;
    for (let p = 0; p < features; p++) {
      const stored = entry < x.indptr[r + 1] && x.indices[entry] === p ? x.counts[entry++] : 0;
      const a = stored > 0 ? 1 : 0;
      loss -= bernoulliLogDensity(a, s[p]);
      if (args.gradient) s[p] = -args.scale * bernoulliLogitGradient(a, s[p]);
    }
    rowLoss[r] = loss;
  }
};

const bernoulliMeans: Kernels['bernoulliMeans'] = (out, args) => {
  const { real, matrix } = argumentsOf('bernoulliMeans');
  const [rows, features] = matrix('logits', args.logits);
  const means = real('out', out, [rows, features]);
  const logits = real('logits', args.logits);
  for (let i = 0; i < logits.length; i++) means[i] = sigmoid(logits[i]);
};

const sampleBernoulli: Kernels['sampleBernoulli'] = async (args) => {
  const { real, matrix } = argumentsOf('sampleBernoulli');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const draws = new CountDraws(args.key);
  return drawRows(
    rows,
    features,
    (r) => draws.startRow(args.rowStart + r),
    (r, p) => draws.drawBernoulli(p, logits[r * features + p]),
  );
};

export const bernoulli: Bernoulli = { bernoulliLoss, bernoulliMeans, sampleBernoulli };
