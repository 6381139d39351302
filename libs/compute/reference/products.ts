import type { InputTransform, Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';

type Products = Pick<Kernels, 'gemm' | 'transformCounts' | 'sparseGemm' | 'sparseGemmTransposed' | 'columnSums'>;

const gemm: Kernels['gemm'] = (out, a, b, options = {}) => {
  const { real, matrix, distinct, fail } = argumentsOf('gemm');
  const form = options.form ?? 'NN';
  const [aRows, aColumns] = matrix('a', a);
  const [bRows, bColumns] = matrix('b', b);
  const [m, k] = form === 'TN' ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = form === 'NT' ? [bColumns, bRows] : [bRows, bColumns];
  if (inner !== k) throw fail(`a [${a.shape.join(', ')}] and b [${b.shape.join(', ')}] do not fit together as ${form}`);
  distinct('out', out, { a, b });
  const c = real('out', out, [m, n]);
  const left = real('a', a);
  const right = real('b', b);
  const bias = options.bias === undefined ? undefined : real('bias', options.bias, [n]);

  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    if (form === 'NT') {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += left[i * k + p] * right[j * k + p];
        sums[j] = sum;
      }
    } else {
      for (let p = 0; p < k; p++) {
        const factor = form === 'TN' ? left[p * m + i] : left[i * k + p];
        for (let j = 0; j < n; j++) sums[j] += factor * right[p * n + j];
      }
    }
    for (let j = 0; j < n; j++) {
      c[i * n + j] = sums[j] + (bias === undefined ? 0 : bias[j]) + (options.accumulate === true ? c[i * n + j] : 0);
    }
  }
};

/** Each transform f with f(0) = 0, so that it acts on the stored counts alone. l: size factor of the row. */
const transforms: Readonly<Record<InputTransform, (count: number, l: number) => number>> = {
  log1p: (count) => Math.log1p(count),
  'log1p-normalised': (count, l) => Math.log1p((1e4 * count) / l),
  proportion: (count, l) => count / l,
  'log1p-proportion': (count, l) => Math.log1p(count / l),
  binary: (count) => (count > 0 ? 1 : 0),
};

const transformCounts: Kernels['transformCounts'] = (batch, kind, sizeFactors) => {
  const { real, counts } = argumentsOf('transformCounts');
  const x = counts('batch', batch);
  const l = real('sizeFactors', sizeFactors, [batch.rows]);
  const transform = transforms[kind];
  const transformed = new Float64Array(x.counts.length);
  for (let r = 0; r < batch.rows; r++) {
    for (let e = x.indptr[r]; e < x.indptr[r + 1]; e++) transformed[e] = transform(x.counts[e], l[r]);
  }
  x.transformed = transformed;
};

const sparseGemm: Kernels['sparseGemm'] = (out, batch, w, bias) => {
  const { real, matrix, counts, fail } = argumentsOf('sparseGemm');
  const [rows, hidden] = matrix('out', out);
  const x = counts('batch', batch, rows);
  if (x.transformed === undefined) throw fail('the batch was not transformed since its last upload');
  const y = real('out', out);
  const weights = real('w', w, [batch.columns, hidden]);
  const shift = real('bias', bias, [hidden]);

  for (let r = 0; r < rows; r++) {
    const row = y.subarray(r * hidden, (r + 1) * hidden);
    row.set(shift);
    for (let e = x.indptr[r]; e < x.indptr[r + 1]; e++) {
      const value = x.transformed[e];
      const from = x.indices[e] * hidden;
      for (let h = 0; h < hidden; h++) row[h] += value * weights[from + h];
    }
  }
};

const sparseGemmTransposed: Kernels['sparseGemmTransposed'] = (out, batch, dy) => {
  const { real, matrix, counts, fail } = argumentsOf('sparseGemmTransposed');
  const [rows, hidden] = matrix('dy', dy);
  const x = counts('batch', batch, rows);
  if (x.transformed === undefined) throw fail('the batch was not transformed since its last upload');
  const dw = real('out', out, [batch.columns, hidden]);
  const upstream = real('dy', dy);

  dw.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let e = x.indptr[r]; e < x.indptr[r + 1]; e++) {
      const value = x.transformed[e];
      const to = x.indices[e] * hidden;
      for (let h = 0; h < hidden; h++) dw[to + h] += value * upstream[r * hidden + h];
    }
  }
};

const columnSums: Kernels['columnSums'] = (out, a) => {
  const { real, matrix } = argumentsOf('columnSums');
  const [rows, columns] = matrix('a', a);
  const sums = real('out', out, [columns]);
  const values = real('a', a);
  sums.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) sums[j] += values[r * columns + j];
  }
};

export const products: Products = { gemm, transformCounts, sparseGemm, sparseGemmTransposed, columnSums };
