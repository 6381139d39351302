import type { Kernels } from '../port/kernels';
import { wordsOf, type KernelArguments } from './arguments';
import { drawRows } from './sparse-draws';

type Bernoulli = Pick<Kernels, 'bernoulliLoss' | 'bernoulliMeans' | 'sampleBernoulli'>;

export function bernoulli(args: KernelArguments): Bernoulli {
  const { exports } = args;
  return {
    bernoulliLoss({ logits, counts, rowLoss, scale, gradient }) {
      const kernel = 'bernoulliLoss';
      const [rows, features] = args.dimensions(kernel, 'logits', logits);
      const batch = args.counts(kernel, 'counts', counts, rows, features);
      exports.bernoulli_loss(
        args.matrix(kernel, 'logits', logits, rows, features),
        batch.indptr,
        batch.indices,
        batch.values,
        args.vector(kernel, 'rowLoss', rowLoss, rows),
        rows,
        features,
        scale,
        gradient ? 1 : 0,
      );
    },

    bernoulliMeans(out, { logits }) {
      const [rows, features] = args.dimensions('bernoulliMeans', 'logits', logits);
      exports.bernoulli_means(
        args.matrix('bernoulliMeans', 'out', out, rows, features),
        args.matrix('bernoulliMeans', 'logits', logits, rows, features),
        rows * features,
      );
    },

    async sampleBernoulli({ logits, key, rowStart }) {
      const [rows, features] = args.dimensions('sampleBernoulli', 'logits', logits);
      const pointer = args.matrix('sampleBernoulli', 'logits', logits, rows, features);
      return drawRows(args, rows, features, 0, ({ from, rows: count, counts, indices, values }) => {
        const [low, high] = wordsOf(rowStart + from);
        const first = pointer + from * features * 4;
        exports.bernoulli_sample(first, counts, indices, values, count, features, key.k0, key.k1, low, high);
      });
    },
  };
}
