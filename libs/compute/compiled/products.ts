import type { InputTransform, Kernels } from '../port/kernels';
import { misuse } from '../port/contract';
import type { KernelArguments } from './arguments';

const forms = { NN: 0, TN: 1, NT: 2 } as const;
const transforms: Readonly<Record<InputTransform, number>> = {
  log1p: 0,
  'log1p-normalised': 1,
  proportion: 2,
  'log1p-proportion': 3,
  binary: 4,
};

type Products = Pick<Kernels, 'gemm' | 'transformCounts' | 'sparseGemm' | 'sparseGemmTransposed' | 'columnSums'>;

export function products(args: KernelArguments): Products {
  const { exports } = args;
  return {
    gemm(out, a, b, { form = 'NN', bias, accumulate = false, mixSmall = false } = {}) {
      const [aRows, aColumns] = args.dimensions('gemm', 'a', a);
      const [bRows, bColumns] = args.dimensions('gemm', 'b', b);
      const [m, k] = form === 'TN' ? [aColumns, aRows] : [aRows, aColumns];
      const n = form === 'NT' ? bRows : bColumns;
      if (out === a || out === b) throw misuse('gemm', `out must not be ${out === a ? 'a' : 'b'}`);
      exports.gemm(
        args.matrix('gemm', 'out', out, m, n),
        args.matrix('gemm', 'a', a, aRows, aColumns),
        form === 'NT' ? args.matrix('gemm', 'b', b, n, k) : args.matrix('gemm', 'b', b, k, n),
        bias === undefined ? 0 : args.vector('gemm', 'bias', bias, n),
        m,
        n,
        k,
        forms[form],
        accumulate ? 1 : 0,
        mixSmall ? 1 : 0,
      );
    },

    transformCounts(batch, kind, sizeFactors) {
      const counts = args.counts('transformCounts', 'batch', batch, batch.rows, batch.columns);
      const factors = args.vector('transformCounts', 'sizeFactors', sizeFactors, batch.rows);
      exports.transform_counts(counts.inputs, counts.indptr, counts.values, factors, batch.rows, transforms[kind]);
      counts.transformed = true;
    },

    sparseGemm(out, batch, w, bias) {
      const [rows, width] = args.dimensions('sparseGemm', 'out', out);
      const counts = args.counts('sparseGemm', 'batch', batch, rows, batch.columns);
      if (!counts.transformed) throw misuse('sparseGemm', 'batch was not transformed since it was uploaded');
      exports.sparse_gemm(
        args.matrix('sparseGemm', 'out', out, rows, width),
        counts.indptr,
        counts.indices,
        counts.inputs,
        args.matrix('sparseGemm', 'w', w, batch.columns, width),
        args.vector('sparseGemm', 'bias', bias, width),
        rows,
        batch.columns,
        width,
      );
    },

    sparseGemmTransposed(out, batch, dy) {
      const [rows, width] = args.dimensions('sparseGemmTransposed', 'dy', dy);
      const counts = args.counts('sparseGemmTransposed', 'batch', batch, rows, batch.columns);
      if (!counts.transformed) throw misuse('sparseGemmTransposed', 'batch was not transformed since it was uploaded');
      const limit = exports.sparse_gradient_limit();
      if (rows > limit) throw misuse('sparseGemmTransposed', `takes at most ${limit} rows, batch holds ${rows}`);
      exports.sparse_gemm_transposed(
        args.matrix('sparseGemmTransposed', 'out', out, batch.columns, width),
        counts.indptr,
        counts.indices,
        counts.inputs,
        args.matrix('sparseGemmTransposed', 'dy', dy, rows, width),
        rows,
        batch.columns,
        width,
      );
    },

    columnSums(out, a) {
      const [rows, columns] = args.dimensions('columnSums', 'a', a);
      exports.column_sums(args.vector('columnSums', 'out', out, columns), args.matrix('columnSums', 'a', a, rows, columns), rows, columns);
    },
  };
}
