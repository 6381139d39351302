import type { Kernels } from '../port/kernels';
import { wordsOf, type KernelArguments } from './arguments';
import type { Pointer } from './kernel-exports';
import { misuse } from '../port/contract';

type Rows = Pick<Kernels, 'gatherRows' | 'scatterRowSums' | 'selectRows' | 'sinusoidalEmbedding' | 'normal'>;

export function rows(args: KernelArguments): Rows {
  const { exports, home } = args;
  const frequencyTables = new Map<number, Pointer>();

  /** f_j / 2 pi of an embedding of this width, kept for the life of the engine. */
  const frequencies = (width: number): Pointer => {
    const known = frequencyTables.get(width);
    if (known !== undefined) return known;
    const half = width / 2;
    const table = home.arena.allocate(half * 8);
    for (let j = 0; j < half; j++) {
      home.arena.f64[table / 8 + j] = (half === 1 ? 1 : 10 ** ((-4 * j) / (half - 1))) / (2 * Math.PI);
    }
    frequencyTables.set(width, table);
    return table;
  };

  return {
    gatherRows(out, table, index, { accumulate = false } = {}) {
      const [count, width] = args.dimensions('gatherRows', 'out', out);
      const [categories] = args.dimensions('gatherRows', 'table', table);
      args.distinct('gatherRows', 'out', out, { table });
      exports.gather_rows(
        args.matrix('gatherRows', 'out', out, count, width),
        args.matrix('gatherRows', 'table', table, categories, width),
        args.rowNumbers('gatherRows', 'index', index, count, categories),
        count,
        width,
        accumulate ? 1 : 0,
      );
    },

    scatterRowSums(out, index, d) {
      const [categories, width] = args.dimensions('scatterRowSums', 'out', out);
      const [count] = args.dimensions('scatterRowSums', 'd', d);
      args.distinct('scatterRowSums', 'out', out, { d });
      exports.scatter_row_sums(
        args.matrix('scatterRowSums', 'out', out, categories, width),
        args.rowNumbers('scatterRowSums', 'index', index, count, categories),
        args.matrix('scatterRowSums', 'd', d, count, width),
        categories,
        count,
        width,
        args.workspace(categories * width * 8),
      );
    },

    selectRows(out, a, mask) {
      const [count, width] = args.dimensions('selectRows', 'out', out);
      exports.select_rows(
        args.matrix('selectRows', 'out', out, count, width),
        args.matrix('selectRows', 'a', a, count, width),
        args.vector('selectRows', 'mask', mask, count, 'int32'),
        count,
        width,
      );
    },

    sinusoidalEmbedding(out, values, scale) {
      const [count, width] = args.dimensions('sinusoidalEmbedding', 'out', out);
      if (width < 2 || width % 2 !== 0) throw misuse('sinusoidalEmbedding', `out has ${width} columns, must have an even number`);
      exports.sinusoidal_embedding(
        args.matrix('sinusoidalEmbedding', 'out', out, count, width),
        args.vector('sinusoidalEmbedding', 'values', values, count),
        frequencies(width),
        count,
        width,
        scale,
      );
    },

    normal(out, { key, stream, rowStart }) {
      const [count, width] = args.dimensions('normal', 'out', out);
      const [low, high] = wordsOf(rowStart);
      exports.normal(args.matrix('normal', 'out', out, count, width), count, width, key.k0, key.k1, stream, low, high);
    },
  };
}
