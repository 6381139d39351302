import { philox } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';

type Normalisation = Pick<Kernels, 'batchNormElu' | 'batchNormEluGradient' | 'batchNormEluFrozen' | 'dropout' | 'silu' | 'siluGradient'>;

/** Exponential linear unit with alpha 1. */
const elu = (x: number) => (x > 0 ? x : Math.expm1(x));
/** Its slope from its own value y: 1 above 0, exp(x) = y + 1 below. */
const eluSlope = (y: number) => (y > 0 ? 1 : y + 1);

const batchNormElu: Kernels['batchNormElu'] = (out, args) => {
  const { real, matrix, fail } = argumentsOf('batchNormElu');
  const [rows, hidden] = matrix('x', args.x);
  if (rows < 2) throw fail(`x has ${rows} rows: a batch variance needs at least 2`);
  const y = real('out', out, [rows, hidden]);
  const x = real('x', args.x);
  const gamma = real('gamma', args.gamma, [hidden]);
  const beta = real('beta', args.beta, [hidden]);
  const runningMean = real('runningMean', args.runningMean, [hidden]);
  const runningVariance = real('runningVariance', args.runningVariance, [hidden]);
  const saved = real('saved', args.saved, [2, hidden]);

  for (let h = 0; h < hidden; h++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += x[r * hidden + h];
    const mean = sum / rows;
    let squares = 0;
    for (let r = 0; r < rows; r++) squares += (x[r * hidden + h] - mean) ** 2;
    const inverseDeviation = 1 / Math.sqrt(squares / rows + args.epsilon);

    saved[h] = mean;
    saved[hidden + h] = inverseDeviation;
    runningMean[h] += args.momentum * (mean - runningMean[h]);
    runningVariance[h] += args.momentum * (squares / (rows - 1) - runningVariance[h]);
    for (let r = 0; r < rows; r++) {
      y[r * hidden + h] = elu(gamma[h] * (x[r * hidden + h] - mean) * inverseDeviation + beta[h]);
    }
  }
};

const batchNormEluGradient: Kernels['batchNormEluGradient'] = (dx, args) => {
  const { real, matrix } = argumentsOf('batchNormEluGradient');
  const [rows, hidden] = matrix('x', args.x);
  const out = real('dx', dx, [rows, hidden]);
  const dy = real('dy', args.dy, [rows, hidden]);
  const x = real('x', args.x);
  const y = real('y', args.y, [rows, hidden]);
  const gamma = real('gamma', args.gamma, [hidden]);
  const saved = real('saved', args.saved, [2, hidden]);
  const dGamma = real('dGamma', args.dGamma, [hidden]);
  const dBeta = real('dBeta', args.dBeta, [hidden]);

  const normalised = new Float64Array(rows);
  const upstream = new Float64Array(rows);
  for (let h = 0; h < hidden; h++) {
    const mean = saved[h];
    const inverseDeviation = saved[hidden + h];
    let sum = 0;
    let sumWithNormalised = 0;
    for (let r = 0; r < rows; r++) {
      const at = r * hidden + h;
      normalised[r] = (x[at] - mean) * inverseDeviation;
      upstream[r] = dy[at] * eluSlope(y[at]);
      sum += upstream[r];
      sumWithNormalised += upstream[r] * normalised[r];
    }
    dBeta[h] = sum;
    dGamma[h] = sumWithNormalised;
    // Mean and variance depend on x too: what they carry is taken off the direct part.
    const scale = gamma[h] * inverseDeviation;
    for (let r = 0; r < rows; r++) {
      out[r * hidden + h] = scale * (upstream[r] - sum / rows - (normalised[r] * sumWithNormalised) / rows);
    }
  }
};

const batchNormEluFrozen: Kernels['batchNormEluFrozen'] = (out, args) => {
  const { real, matrix } = argumentsOf('batchNormEluFrozen');
  const [rows, hidden] = matrix('x', args.x);
  const y = real('out', out, [rows, hidden]);
  const x = real('x', args.x);
  const gamma = real('gamma', args.gamma, [hidden]);
  const beta = real('beta', args.beta, [hidden]);
  const mean = real('runningMean', args.runningMean, [hidden]);
  const variance = real('runningVariance', args.runningVariance, [hidden]);
  for (let h = 0; h < hidden; h++) {
    const scale = gamma[h] / Math.sqrt(variance[h] + args.epsilon);
    for (let r = 0; r < rows; r++) y[r * hidden + h] = elu(scale * (x[r * hidden + h] - mean[h]) + beta[h]);
  }
};

/** Element (row, column) is kept when u >= rate, u of word (column & 3) of the Philox block (column >> 2, row, 0, stream). */
const dropout: Kernels['dropout'] = (x, { rate, key, stream }) => {
  const { real, matrix, fail } = argumentsOf('dropout');
  const [rows, columns] = matrix('x', x);
  const values = real('x', x);
  if (!(rate >= 0 && rate < 1)) throw fail(`rate is ${rate}, must be in [0, 1)`);
  const words = new Uint32Array(4);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) {
      if ((j & 3) === 0) philox(words, key, j >>> 2, r, 0, stream);
      const u = (words[j & 3] + 0.5) / 2 ** 32;
      values[r * columns + j] *= u >= rate ? 1 / (1 - rate) : 0;
    }
  }
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const silu: Kernels['silu'] = (out, x) => {
  const { real } = argumentsOf('silu');
  const from = real('x', x);
  const to = real('out', out, x.shape);
  for (let i = 0; i < from.length; i++) to[i] = from[i] * sigmoid(from[i]);
};

const siluGradient: Kernels['siluGradient'] = (dx, x, dy, options = {}) => {
  const { real, distinct } = argumentsOf('siluGradient');
  const to = real('dx', dx, x.shape);
  const from = real('x', x);
  const upstream = real('dy', dy, x.shape);
  const accumulate = options.accumulate === true;
  if (accumulate) distinct('dx', dx, { dy });
  for (let i = 0; i < from.length; i++) {
    const s = sigmoid(from[i]);
    const slope = s * (1 + from[i] * (1 - s));
    to[i] = upstream[i] * slope + (accumulate ? to[i] : 0);
  }
};

export const normalisation: Normalisation = { batchNormElu, batchNormEluGradient, batchNormEluFrozen, dropout, silu, siluGradient };
