import { softmaxNegativeBinomialLoss } from '@cfgen/likelihoods';
import { logSumExp } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';
import { dispersions } from './dispersions';

type Losses = Pick<
  Kernels,
  'negativeBinomialLoss' | 'crossEntropyLoss' | 'squaredErrorLoss' | 'gaussianHead' | 'gaussianHeadGradient' | 'addSum'
>;

const negativeBinomialLoss: Kernels['negativeBinomialLoss'] = (args) => {
  const { real, matrix, counts } = argumentsOf('negativeBinomialLoss');
  const [rows, features] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const x = counts('counts', args.counts, rows, features);
  const l = real('sizeFactors', args.sizeFactors, [rows]);
  const rowLoss = real('rowLoss', args.rowLoss, [rows]);
  const logTheta = dispersions('negativeBinomialLoss', args.logTheta, args.category, rows, features);
  const dLogTheta = args.dLogTheta === undefined ? undefined : real('dLogTheta', args.dLogTheta, args.logTheta.shape);
  dLogTheta?.fill(0);

  for (let r = 0; r < rows; r++) {
    const row = {
      logits: logits.subarray(r * features, (r + 1) * features),
      logTheta: logTheta.ofRow(logTheta.values, r),
      sizeFactor: l[r],
    };
    const gradients =
      dLogTheta === undefined ? undefined : { logits: row.logits, logTheta: logTheta.ofRow(dLogTheta, r), scale: args.scale };
    if (inSupport(row)) {
      const observed = { indices: x.indices, values: x.counts, start: x.indptr[r], end: x.indptr[r + 1] };
      rowLoss[r] = softmaxNegativeBinomialLoss(row, observed, gradients);
    } else {
      rowLoss[r] = NaN;
      gradients?.logits.fill(NaN);
      gradients?.logTheta.fill(NaN);
    }
  }
};

/** A training that diverges must show it as a loss that is no number, for the caller to see, not as an error of a likelihood's support. */
function inSupport({ logits, logTheta, sizeFactor }: { logits: Float64Array; logTheta: Float64Array; sizeFactor: number }): boolean {
  const usable = (logarithm: number) => Math.exp(logarithm) > 0 && Math.exp(logarithm) < Infinity;
  return sizeFactor > 0 && sizeFactor < Infinity && logits.every(Number.isFinite) && logTheta.every(usable);
}

const crossEntropyLoss: Kernels['crossEntropyLoss'] = (args) => {
  const { real, int32, matrix, fail } = argumentsOf('crossEntropyLoss');
  const [rows, categories] = matrix('logits', args.logits);
  const logits = real('logits', args.logits);
  const labels = int32('labels', args.labels, [rows]);
  const rowLoss = real('rowLoss', args.rowLoss, [rows]);
  for (let r = 0; r < rows; r++) {
    const s = logits.subarray(r * categories, (r + 1) * categories);
    const label = labels[r];
    if (label >= categories) throw fail(`labels[${r}] is ${label}, logits have ${categories} categories`);
    if (label < 0) {
      rowLoss[r] = 0;
      s.fill(0);
      continue;
    }
    const logSum = logSumExp(s);
    rowLoss[r] = logSum - s[label];
    for (let c = 0; c < categories; c++) s[c] = args.scale * (Math.exp(s[c] - logSum) - (c === label ? 1 : 0));
  }
};

const squaredErrorLoss: Kernels['squaredErrorLoss'] = (args) => {
  const { real, matrix } = argumentsOf('squaredErrorLoss');
  const [rows, columns] = matrix('prediction', args.prediction);
  const prediction = real('prediction', args.prediction);
  const target = real('target', args.target, [rows, columns]);
  const rowLoss = real('rowLoss', args.rowLoss, [rows]);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      const difference = prediction[i] - target[i];
      sum += difference * difference;
      prediction[i] = args.scale * 2 * difference;
    }
    rowLoss[r] = sum;
  }
};

const gaussianHead: Kernels['gaussianHead'] = (args) => {
  const { real, matrix } = argumentsOf('gaussianHead');
  const [rows, size] = matrix('z', args.z);
  const head = real('head', args.head, [rows, 2 * size]);
  const noise = real('noise', args.noise, [rows, size]);
  const z = real('z', args.z);
  const rowKl = real('rowKl', args.rowKl, [rows]);
  for (let r = 0; r < rows; r++) {
    let kl = 0;
    for (let d = 0; d < size; d++) {
      const mean = head[r * 2 * size + d];
      const logVariance = head[r * 2 * size + size + d];
      z[r * size + d] = mean + Math.exp(logVariance / 2) * noise[r * size + d];
      // expm1 keeps what is left of v - 1 - ln v when v is close to 1.
      kl += (mean * mean + (Math.expm1(logVariance) - logVariance)) / 2;
    }
    rowKl[r] = kl;
  }
};

const gaussianHeadGradient: Kernels['gaussianHeadGradient'] = (args) => {
  const { real, matrix } = argumentsOf('gaussianHeadGradient');
  const [rows, size] = matrix('dz', args.dz);
  const head = real('head', args.head, [rows, 2 * size]);
  const noise = real('noise', args.noise, [rows, size]);
  const dz = real('dz', args.dz);
  const dHead = real('dHead', args.dHead, [rows, 2 * size]);
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < size; d++) {
      const meanAt = r * 2 * size + d;
      const varianceAt = meanAt + size;
      const upstream = dz[r * size + d];
      const mean = head[meanAt];
      const logVariance = head[varianceAt];
      dHead[meanAt] = upstream + args.klScale * mean;
      dHead[varianceAt] = (upstream * noise[r * size + d] * Math.exp(logVariance / 2) + args.klScale * Math.expm1(logVariance)) / 2;
    }
  }
};

const addSum: Kernels['addSum'] = (total, values, scale) => {
  const { real } = argumentsOf('addSum');
  const sums = real('total', total, [1]);
  let sum = 0;
  for (const value of real('values', values)) sum += value;
  sums[0] += scale * sum;
};

export const losses: Losses = { negativeBinomialLoss, crossEntropyLoss, squaredErrorLoss, gaussianHead, gaussianHeadGradient, addSum };
