import type { InputTransform, Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { misuse, shapeText } from '../port/contract';
import type { Value } from './operations';
import { sumOfRows } from './sum-of-rows';

type Products = Pick<Kernels, 'gemm' | 'transformCounts' | 'sparseGemm' | 'sparseGemmTransposed' | 'columnSums'>;

export function products(args: KernelArguments): Products {
  const { tf, own } = args;

  /** The transform of stored counts x [E], l [E] the size factors of their rows. */
  const transforms: Readonly<Record<InputTransform, (x: Value, l: () => Value) => Value>> = {
    log1p: (x) => own.log1p(x),
    'log1p-normalised': (x, l) => own.log1p(tf.div(tf.mul(x, tf.scalar(1e4)), l())),
    proportion: (x, l) => tf.div(x, l()),
    'log1p-proportion': (x, l) => own.log1p(tf.div(x, l())),
    // Counts are 0 or at least 1.
    binary: (x) => tf.minimum(x, tf.scalar(1)),
  };

  return {
    gemm(out, a, b, { form = 'NN', bias, accumulate = false } = {}) {
      const [aRows, aColumns] = args.dimensions('gemm', 'a', a);
      const [bRows, bColumns] = args.dimensions('gemm', 'b', b);
      const [m, k] = form === 'TN' ? [aColumns, aRows] : [aRows, aColumns];
      const [inner, n] = form === 'NT' ? [bColumns, bRows] : [bRows, bColumns];
      if (inner !== k) throw misuse('gemm', `a ${shapeText(a.shape)} and b ${shapeText(b.shape)} do not fit together as ${form}`);
      args.distinct('gemm', 'out', out, { a, b });
      const result = args.real('gemm', 'out', out, [m, n]);
      const left = args.real('gemm', 'a', a, a.shape);
      const right = args.real('gemm', 'b', b, b.shape);
      const shift = bias === undefined ? undefined : args.real('gemm', 'bias', bias, [n]);
      args.write([result], () => {
        let sum = tf.matMul(left.value, right.value, form === 'TN', form === 'NT');
        if (shift !== undefined) sum = tf.add(sum, shift.value);
        return [accumulate ? tf.add(sum, result.value) : sum];
      });
    },

    transformCounts(batch, kind, sizeFactors) {
      const x = args.counts('transformCounts', 'batch', batch);
      const l = args.real('transformCounts', 'sizeFactors', sizeFactors, [x.rows]);
      x.setInputs(() => {
        const { entries } = x;
        return x.spread(entries && transforms[kind](entries.counts, () => own.gather(l.value, entries.rows)));
      });
    },

    sparseGemm(out, batch, w, bias) {
      const [rows, hidden] = args.dimensions('sparseGemm', 'out', out);
      const { inputs, columns } = args.counts('sparseGemm', 'batch', batch, rows);
      if (inputs === undefined) throw misuse('sparseGemm', 'the batch was not transformed since its last upload');
      const weights = args.real('sparseGemm', 'w', w, [columns, hidden]);
      const shift = args.real('sparseGemm', 'bias', bias, [hidden]);
      args.write([args.real('sparseGemm', 'out', out, [rows, hidden])], () => [tf.add(tf.matMul(inputs, weights.value), shift.value)]);
    },

    sparseGemmTransposed(out, batch, dy) {
      const [rows, hidden] = args.dimensions('sparseGemmTransposed', 'dy', dy);
      const { inputs, columns } = args.counts('sparseGemmTransposed', 'batch', batch, rows);
      if (inputs === undefined) throw misuse('sparseGemmTransposed', 'the batch was not transformed since its last upload');
      const upstream = args.real('sparseGemmTransposed', 'dy', dy, [rows, hidden]);
      args.write([args.real('sparseGemmTransposed', 'out', out, [columns, hidden])], () => [tf.matMul(inputs, upstream.value, true)]);
    },

    columnSums(out, a) {
      const [rows, columns] = args.dimensions('columnSums', 'a', a);
      const values = args.real('columnSums', 'a', a, [rows, columns]);
      args.write([args.real('columnSums', 'out', out, [columns])], () => [sumOfRows(tf, values.value)]);
    },
  };
}
