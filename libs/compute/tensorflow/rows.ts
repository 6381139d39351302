import { fillNormal } from '@cfgen/math';
import type { Kernels } from '../port/kernels';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';

type Rows = Pick<Kernels, 'gatherRows' | 'scatterRowSums' | 'selectRows' | 'sinusoidalEmbedding' | 'normal'>;

export function rows(args: KernelArguments): Rows {
  const { tf, own } = args;

  return {
    gatherRows(out, table, index, { accumulate = false } = {}) {
      const kernel = 'gatherRows';
      const [count, width] = args.dimensions(kernel, 'out', out);
      const [categories] = args.dimensions(kernel, 'table', table);
      args.distinct(kernel, 'out', out, { table });
      const result = args.real(kernel, 'out', out, [count, width]);
      const from = args.real(kernel, 'table', table, [categories, width]);
      const codes = args.codes(kernel, 'index', index, count, categories);
      args.write([result], () => {
        let taken = own.gather(from.value, args.int32(codes.map((code) => Math.max(code, 0))));
        if (codes.some((code) => code < 0)) {
          const there = args.floats(
            codes.map((code) => (code < 0 ? 0 : 1)),
            [count, 1],
          );
          taken = tf.mul(taken, there);
        }
        return [accumulate ? tf.add(taken, result.value) : taken];
      });
    },

    scatterRowSums(out, index, d) {
      const kernel = 'scatterRowSums';
      const [categories, width] = args.dimensions(kernel, 'out', out);
      const [count] = args.dimensions(kernel, 'd', d);
      args.distinct(kernel, 'out', out, { d });
      const values = args.real(kernel, 'd', d, [count, width]);
      const codes = args.codes(kernel, 'index', index, count, categories);
      // A product with ones: GPUs add scattered rows up in an order that changes from run to run.
      args.write([args.real(kernel, 'out', out, [categories, width])], () => [
        tf.matMul(args.oneHot(codes, categories), values.value, true),
      ]);
    },

    selectRows(out, a, mask) {
      const [count, width] = args.dimensions('selectRows', 'out', out);
      const result = args.real('selectRows', 'out', out, [count, width]);
      const from = args.real('selectRows', 'a', a, [count, width]);
      const codes = args.codes('selectRows', 'mask', mask, count);
      args.write([result], () => {
        const chosen = tf.tensor(
          Uint8Array.from(codes, (code) => (code === 0 ? 0 : 1)),
          [count, 1],
          'bool',
        );
        return [tf.where(chosen, from.value, result.value)];
      });
    },

    sinusoidalEmbedding(out, values, scale) {
      const kernel = 'sinusoidalEmbedding';
      const [count, width] = args.dimensions(kernel, 'out', out);
      if (width < 2 || width % 2 !== 0) throw misuse(kernel, `out has ${width} columns, must have an even number`);
      const v = args.real(kernel, 'values', values, [count]);
      const half = width / 2;
      const turns = Array.from({ length: half }, (_, j) => (scale * (half === 1 ? 1 : 10 ** ((-4 * j) / (half - 1)))) / (2 * Math.PI));
      args.write([args.real(kernel, 'out', out, [count, width])], () => {
        const { sin, cos } = own.waves(tf.reshape(v.value, [count, 1]), turns);
        return [tf.concat([sin, cos], 1)];
      });
    },

    normal(out, { key, stream, rowStart }) {
      const [count, width] = args.dimensions('normal', 'out', out);
      const result = args.real('normal', 'out', out, [count, width]);
      const numbers = new Float64Array(count * width);
      fillNormal(numbers, count, width, { key, stream, rowStart });
      result.upload(numbers, 0);
    },
  };
}
