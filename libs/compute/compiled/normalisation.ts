import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';

type Normalisation = Pick<Kernels, 'batchNormElu' | 'batchNormEluGradient' | 'batchNormEluFrozen' | 'dropout' | 'silu' | 'siluGradient'>;

export function normalisation(args: KernelArguments): Normalisation {
  const { exports } = args;
  return {
    batchNormElu(out, { x, gamma, beta, runningMean, runningVariance, saved, epsilon, momentum }) {
      const [rows, columns] = args.dimensions('batchNormElu', 'x', x);
      if (rows < 2) throw misuse('batchNormElu', `needs at least 2 rows, x has ${rows}`);
      args.distinct('batchNormElu', 'out', out, { x });
      exports.batch_norm_elu(
        args.matrix('batchNormElu', 'out', out, rows, columns),
        args.matrix('batchNormElu', 'x', x, rows, columns),
        args.vector('batchNormElu', 'gamma', gamma, columns),
        args.vector('batchNormElu', 'beta', beta, columns),
        args.vector('batchNormElu', 'runningMean', runningMean, columns),
        args.vector('batchNormElu', 'runningVariance', runningVariance, columns),
        args.matrix('batchNormElu', 'saved', saved, 2, columns),
        rows,
        columns,
        epsilon,
        momentum,
      );
    },

    batchNormEluGradient(dx, { dy, x, y, gamma, saved, dGamma, dBeta }) {
      const [rows, columns] = args.dimensions('batchNormEluGradient', 'x', x);
      exports.batch_norm_elu_gradient(
        args.matrix('batchNormEluGradient', 'dx', dx, rows, columns),
        args.matrix('batchNormEluGradient', 'dy', dy, rows, columns),
        args.matrix('batchNormEluGradient', 'x', x, rows, columns),
        args.matrix('batchNormEluGradient', 'y', y, rows, columns),
        args.vector('batchNormEluGradient', 'gamma', gamma, columns),
        args.matrix('batchNormEluGradient', 'saved', saved, 2, columns),
        args.vector('batchNormEluGradient', 'dGamma', dGamma, columns),
        args.vector('batchNormEluGradient', 'dBeta', dBeta, columns),
        rows,
        columns,
      );
    },

    batchNormEluFrozen(out, { x, gamma, beta, runningMean, runningVariance, epsilon }) {
      const [rows, columns] = args.dimensions('batchNormEluFrozen', 'x', x);
      exports.batch_norm_elu_frozen(
        args.matrix('batchNormEluFrozen', 'out', out, rows, columns),
        args.matrix('batchNormEluFrozen', 'x', x, rows, columns),
        args.vector('batchNormEluFrozen', 'gamma', gamma, columns),
        args.vector('batchNormEluFrozen', 'beta', beta, columns),
        args.vector('batchNormEluFrozen', 'runningMean', runningMean, columns),
        args.vector('batchNormEluFrozen', 'runningVariance', runningVariance, columns),
        rows,
        columns,
        epsilon,
      );
    },

    dropout(x, { rate, key, stream }) {
      const [rows, columns] = args.dimensions('dropout', 'x', x);
      if (!(rate >= 0 && rate < 1)) throw misuse('dropout', `rate is ${rate}, must be in 0 .. 1 (1 excluded)`);
      // (word + 0.5) / 2^32 >= rate, in whole numbers.
      const threshold = Math.max(0, Math.ceil(rate * 2 ** 32 - 0.5));
      exports.dropout(args.matrix('dropout', 'x', x, rows, columns), rows, columns, key.k0, key.k1, stream, threshold, 1 / (1 - rate));
    },

    silu(out, x) {
      exports.silu(args.like('silu', 'out', out, x), args.like('silu', 'x', x, x), x.size);
    },

    siluGradient(dx, x, dy, { accumulate = false } = {}) {
      exports.silu_gradient(
        args.like('siluGradient', 'dx', dx, x),
        args.like('siluGradient', 'x', x, x),
        args.like('siluGradient', 'dy', dy, x),
        x.size,
        accumulate ? 1 : 0,
      );
    },
  };
}
