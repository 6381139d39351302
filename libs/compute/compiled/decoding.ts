import type { Kernels } from '../port/kernels';
import { wordsOf, type KernelArguments } from './arguments';
import { dispersions } from './losses';
import { drawRows } from './sparse-draws';

type Decoding = Pick<Kernels, 'sampleNegativeBinomial' | 'negativeBinomialMeans'>;

export function decoding(args: KernelArguments): Decoding {
  const { exports } = args;
  return {
    async sampleNegativeBinomial({ logits, logTheta, category, sizeFactors, key, rowStart }) {
      const kernel = 'sampleNegativeBinomial';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const pointer = args.matrix(kernel, 'logits', logits, rows, genes);
      const theta = dispersions(args, kernel, logTheta, category, rows, genes);
      const factors = args.vector(kernel, 'sizeFactors', sizeFactors, rows);
      const own = exports.nb_sample_workspace(genes, theta.categories) >>> 0;
      return drawRows(args, rows, genes, own, ({ from, rows: count, counts, indices, values, workspace }) => {
        const [low, high] = wordsOf(rowStart + from);
        exports.nb_sample(
          pointer + from * genes * 4,
          theta.logTheta,
          theta.category === 0 ? 0 : theta.category + from * 4,
          factors + from * 4,
          counts,
          indices,
          values,
          count,
          genes,
          theta.categories,
          key.k0,
          key.k1,
          low,
          high,
          workspace,
        );
      });
    },

    negativeBinomialMeans(out, { logits, sizeFactors }) {
      const [rows, genes] = args.dimensions('negativeBinomialMeans', 'logits', logits);
      exports.nb_means(
        args.matrix('negativeBinomialMeans', 'out', out, rows, genes),
        args.matrix('negativeBinomialMeans', 'logits', logits, rows, genes),
        args.vector('negativeBinomialMeans', 'sizeFactors', sizeFactors, rows),
        rows,
        genes,
      );
    },
  };
}
