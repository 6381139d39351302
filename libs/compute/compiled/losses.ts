import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import type { KernelArguments } from './arguments';
import type { Pointer } from './kernel-exports';
import { misuse } from '../port/contract';

type Losses = Pick<
  Kernels,
  'negativeBinomialLoss' | 'crossEntropyLoss' | 'squaredErrorLoss' | 'gaussianHead' | 'gaussianHeadGradient' | 'addSum'
>;

export interface Dispersions {
  readonly logTheta: Pointer;
  /** 0 when all rows share one theta. */
  readonly category: Pointer;
  readonly categories: number;
}

/** Checks [G], or [C, G] with a category of each row. */
export function dispersions(
  args: KernelArguments,
  kernel: string,
  logTheta: Tensor,
  category: Tensor | undefined,
  rows: number,
  genes: number,
): Dispersions {
  if (category === undefined) return { logTheta: args.vector(kernel, 'logTheta', logTheta, genes), category: 0, categories: 1 };
  const [categories] = args.dimensions(kernel, 'logTheta', logTheta);
  return {
    logTheta: args.matrix(kernel, 'logTheta', logTheta, categories, genes),
    category: args.rowNumbers(kernel, 'category', category, rows, categories, 0),
    categories,
  };
}

export function losses(args: KernelArguments): Losses {
  const { exports } = args;
  return {
    negativeBinomialLoss({ logits, logTheta, category, sizeFactors, counts, rowLoss, dLogTheta, scale }) {
      const kernel = 'negativeBinomialLoss';
      const [rows, genes] = args.dimensions(kernel, 'logits', logits);
      const theta = dispersions(args, kernel, logTheta, category, rows, genes);
      const batch = args.counts(kernel, 'counts', counts, rows, genes);
      exports.nb_loss(
        args.matrix(kernel, 'logits', logits, rows, genes),
        theta.logTheta,
        theta.category,
        args.vector(kernel, 'sizeFactors', sizeFactors, rows),
        batch.indptr,
        batch.indices,
        batch.values,
        args.vector(kernel, 'rowLoss', rowLoss, rows),
        dLogTheta === undefined ? 0 : args.like(kernel, 'dLogTheta', dLogTheta, logTheta),
        rows,
        genes,
        theta.categories,
        scale,
        args.workspace(exports.nb_loss_workspace(rows, genes, theta.categories, dLogTheta === undefined ? 0 : 1) >>> 0),
      );
    },

    crossEntropyLoss({ logits, labels, rowLoss, scale }) {
      const [rows, classes] = args.dimensions('crossEntropyLoss', 'logits', logits);
      exports.cross_entropy_loss(
        args.matrix('crossEntropyLoss', 'logits', logits, rows, classes),
        args.rowNumbers('crossEntropyLoss', 'labels', labels, rows, classes),
        args.vector('crossEntropyLoss', 'rowLoss', rowLoss, rows),
        rows,
        classes,
        scale,
      );
    },

    squaredErrorLoss({ prediction, target, rowLoss, scale }) {
      const [rows, columns] = args.dimensions('squaredErrorLoss', 'prediction', prediction);
      exports.squared_error_loss(
        args.matrix('squaredErrorLoss', 'prediction', prediction, rows, columns),
        args.matrix('squaredErrorLoss', 'target', target, rows, columns),
        args.vector('squaredErrorLoss', 'rowLoss', rowLoss, rows),
        rows,
        columns,
        scale,
      );
    },

    gaussianHead({ head, noise, z, rowKl }) {
      const [rows, size] = args.dimensions('gaussianHead', 'z', z);
      exports.gaussian_head(
        args.matrix('gaussianHead', 'head', head, rows, 2 * size),
        args.matrix('gaussianHead', 'noise', noise, rows, size),
        args.matrix('gaussianHead', 'z', z, rows, size),
        args.vector('gaussianHead', 'rowKl', rowKl, rows),
        rows,
        size,
      );
    },

    gaussianHeadGradient({ head, noise, dz, dHead, klScale }) {
      const [rows, size] = args.dimensions('gaussianHeadGradient', 'dz', dz);
      exports.gaussian_head_gradient(
        args.matrix('gaussianHeadGradient', 'head', head, rows, 2 * size),
        args.matrix('gaussianHeadGradient', 'noise', noise, rows, size),
        args.matrix('gaussianHeadGradient', 'dz', dz, rows, size),
        args.matrix('gaussianHeadGradient', 'dHead', dHead, rows, 2 * size),
        rows,
        size,
        klScale,
      );
    },

    addSum(total, values, scale) {
      const length = args.length('addSum', 'values', values);
      if (total === values) throw misuse('addSum', 'total must not be values');
      exports.add_sum(args.vector('addSum', 'total', total, 1), args.vector('addSum', 'values', values, length), length, scale);
    },
  };
}
