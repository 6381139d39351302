import { fillNormal } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import { argumentsOf } from './arguments';

type Rows = Pick<Kernels, 'gatherRows' | 'scatterRowSums' | 'selectRows' | 'sinusoidalEmbedding' | 'normal'>;

const gatherRows: Kernels['gatherRows'] = (out, table, index, options = {}) => {
  const { real, int32, matrix, distinct, fail } = argumentsOf('gatherRows');
  const [rows, width] = matrix('out', out);
  const [categories] = matrix('table', table);
  distinct('out', out, { table });
  const to = real('out', out);
  const from = real('table', table, [categories, width]);
  const indices = int32('index', index, [rows]);
  const accumulate = options.accumulate === true;
  for (let r = 0; r < rows; r++) {
    const c = indices[r];
    if (c >= categories) throw fail(`index[${r}] is ${c}, table has ${categories} rows`);
    for (let e = 0; e < width; e++) {
      to[r * width + e] = (c < 0 ? 0 : from[c * width + e]) + (accumulate ? to[r * width + e] : 0);
    }
  }
};

const scatterRowSums: Kernels['scatterRowSums'] = (out, index, d) => {
  const { real, int32, matrix, distinct, fail } = argumentsOf('scatterRowSums');
  const [rows, width] = matrix('d', d);
  const [categories] = matrix('out', out);
  distinct('out', out, { d });
  const sums = real('out', out, [categories, width]);
  const values = real('d', d);
  const indices = int32('index', index, [rows]);
  sums.fill(0);
  for (let r = 0; r < rows; r++) {
    const c = indices[r];
    if (c >= categories) throw fail(`index[${r}] is ${c}, out has ${categories} rows`);
    if (c < 0) continue;
    for (let e = 0; e < width; e++) sums[c * width + e] += values[r * width + e];
  }
};

const selectRows: Kernels['selectRows'] = (out, a, mask) => {
  const { real, int32, matrix } = argumentsOf('selectRows');
  const [rows, columns] = matrix('out', out);
  const to = real('out', out);
  const from = real('a', a, [rows, columns]);
  const chosen = int32('mask', mask, [rows]);
  for (let r = 0; r < rows; r++) {
    if (chosen[r] !== 0) to.set(from.subarray(r * columns, (r + 1) * columns), r * columns);
  }
};

const sinusoidalEmbedding: Kernels['sinusoidalEmbedding'] = (out, values, scale) => {
  const { real, matrix, fail } = argumentsOf('sinusoidalEmbedding');
  const [rows, width] = matrix('out', out);
  if (width === 0 || width % 2 !== 0) throw fail(`out has ${width} columns, must be even`);
  const to = real('out', out);
  const v = real('values', values, [rows]);
  const half = width / 2;
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < half; j++) {
      const frequency = half === 1 ? 1 : 10 ** ((-4 * j) / (half - 1));
      const angle = scale * v[r] * frequency;
      to[r * width + j] = Math.sin(angle);
      to[r * width + half + j] = Math.cos(angle);
    }
  }
};

const normal: Kernels['normal'] = (out, { key, stream, rowStart }) => {
  const { real, matrix } = argumentsOf('normal');
  const [rows, columns] = matrix('out', out);
  fillNormal(real('out', out), rows, columns, { key, stream, rowStart });
};

export const rows: Rows = { gatherRows, scatterRowSums, selectRows, sinusoidalEmbedding, normal };
