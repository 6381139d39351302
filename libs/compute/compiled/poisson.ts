import type { Kernels } from '../port/kernels';
import { wordsOf, type KernelArguments } from './arguments';
import { drawRows } from './sparse-draws';

type Poisson = Pick<Kernels, 'poissonLoss' | 'samplePoisson'>;

export function poisson(args: KernelArguments): Poisson {
  const { exports } = args;
  return {
    poissonLoss({ logits, sizeFactors, counts, rowLoss, scale, gradient }) {
      const kernel = 'poissonLoss';
      const [rows, features] = args.dimensions(kernel, 'logits', logits);
      const batch = args.counts(kernel, 'counts', counts, rows, features);
      exports.poisson_loss(
        args.matrix(kernel, 'logits', logits, rows, features),
        args.vector(kernel, 'sizeFactors', sizeFactors, rows),
        batch.indptr,
        batch.indices,
        batch.values,
        args.vector(kernel, 'rowLoss', rowLoss, rows),
        rows,
        features,
        scale,
        gradient ? 1 : 0,
        args.workspace(exports.poisson_loss_workspace(features, gradient ? 1 : 0) >>> 0),
      );
    },

    async samplePoisson({ logits, sizeFactors, key, rowStart }) {
      const kernel = 'samplePoisson';
      const [rows, features] = args.dimensions(kernel, 'logits', logits);
      const pointer = args.matrix(kernel, 'logits', logits, rows, features);
      const factors = args.vector(kernel, 'sizeFactors', sizeFactors, rows);
      const own = exports.poisson_sample_workspace(features) >>> 0;
      return drawRows(args, rows, features, own, ({ from, rows: count, counts, indices, values, workspace }) => {
        const [low, high] = wordsOf(rowStart + from);
        exports.poisson_sample(
          pointer + from * features * 4,
          factors + from * 4,
          counts,
          indices,
          values,
          count,
          features,
          key.k0,
          key.k1,
          low,
          high,
          workspace,
        );
      });
    },
  };
}
