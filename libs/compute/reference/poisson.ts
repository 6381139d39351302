import { softmaxMeans, softmaxPoissonLoss } from '@cfgen/likelihoods';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';
import { CountDraws } from './count-draws';
import { drawRows } from './sparse-draws';

type Poisson = Pick<Kernels, 'poissonLoss' | 'samplePoisson'>;

const poissonLoss: Kernels['poissonLoss'] = (args) => {
  const { real, matrix, counts } = argumentsOf('poissonLoss');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const x = counts('counts', args.counts, rows, features);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const rowLoss = real('rowLoss', args.rowLoss, [rows]);
  for (let r = 0; r < rows; r++) {
    const s = logits.subarray(r * features, (r + 1) * features);
    // A training that diverges must show it as a loss that is no number.
    if (!(l[r] > 0 && l[r] < Infinity && s.every(Number.isFinite))) {
      rowLoss[r] = NaN;
      if (args.gradient) s.fill(NaN);
      continue;
    }
    const observed = { indices: x.indices, values: x.counts, start: x.indptr[r], end: x.indptr[r + 1] };
    const gradients = args.gradient ? { logits: s, scale: args.scale } : undefined;
    rowLoss[r] = softmaxPoissonLoss({ logits: s, sizeFactor: l[r] }, observed, gradients);
  }
};

const samplePoisson: Kernels['samplePoisson'] = async (args) => {
  const { real, matrix } = argumentsOf('samplePoisson');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const draws = new CountDraws(args.key);
  const means = new Float64Array(features);
  return drawRows(
    rows,
    features,
    (r) => {
      softmaxMeans(means, logits.subarray(r * features, (r + 1) * features), l[r]);
      draws.startRow(args.rowStart + r);
    },
    (_, p) => draws.drawPoisson(p, means[p]),
  );
};

export const poisson: Poisson = { poissonLoss, samplePoisson };
