import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';

type Flow = Pick<Kernels, 'flowPath' | 'combine' | 'combineRows' | 'scaledErrorNorm' | 'squaredDistances'>;

const mostTerms = 8;
const lineBytes = 64;

export function flow(args: KernelArguments): Flow {
  const { exports, home, table } = args;

  /** Writes places (in lines of 64 bytes, see kernels/memory.h) and coefficients of the terms into the call's table. */
  const writeTerms = (kernel: string, out: Tensor, terms: readonly (readonly [number, Tensor])[]) => {
    if (terms.length < 1 || terms.length > mostTerms) throw misuse(kernel, `has ${terms.length} terms, must have 1 to ${mostTerms}`);
    for (let i = 0; i < terms.length; i++) {
      const [coefficient, x] = terms[i];
      home.arena.u32[table / 4 + i] = args.like(kernel, `term ${i + 1}`, x, out) / lineBytes;
      home.arena.f32[table / 4 + mostTerms + i] = coefficient;
    }
    return table + mostTerms * 4;
  };

  return {
    flowPath({ latents, rows, times, noise, jitter, zt, target, sigmaMin }) {
      const kernel = 'flowPath';
      const [count, size] = args.dimensions(kernel, 'zt', zt);
      const [cells] = args.dimensions(kernel, 'latents', latents);
      exports.flow_path(
        args.matrix(kernel, 'latents', latents, cells, size),
        args.rowNumbers(kernel, 'rows', rows, count, cells, 0),
        args.vector(kernel, 'times', times, count),
        args.matrix(kernel, 'noise', noise, count, size),
        jitter === undefined ? 0 : args.matrix(kernel, 'jitter', jitter, count, size),
        args.matrix(kernel, 'zt', zt, count, size),
        args.matrix(kernel, 'target', target, count, size),
        count,
        size,
        sigmaMin,
      );
    },

    combine(out, terms) {
      const pointer = args.like('combine', 'out', out, out);
      exports.combine(pointer, table, writeTerms('combine', out, terms), terms.length, out.size);
    },

    combineRows(out, base, h, terms) {
      const [rows, columns] = args.dimensions('combineRows', 'out', out);
      exports.combine_rows(
        args.matrix('combineRows', 'out', out, rows, columns),
        args.matrix('combineRows', 'base', base, rows, columns),
        args.vector('combineRows', 'h', h, rows),
        table,
        writeTerms('combineRows', out, terms),
        terms.length,
        rows,
        columns,
      );
    },

    scaledErrorNorm(out, { error, y0, y1, atol, rtol }) {
      const [rows, columns] = args.dimensions('scaledErrorNorm', 'error', error);
      exports.scaled_error_norm(
        args.vector('scaledErrorNorm', 'out', out, rows),
        args.matrix('scaledErrorNorm', 'error', error, rows, columns),
        args.matrix('scaledErrorNorm', 'y0', y0, rows, columns),
        args.matrix('scaledErrorNorm', 'y1', y1, rows, columns),
        rows,
        columns,
        atol,
        rtol,
      );
    },

    squaredDistances(out, a, b) {
      const [m, size] = args.dimensions('squaredDistances', 'a', a);
      const [n] = args.dimensions('squaredDistances', 'b', b);
      args.distinct('squaredDistances', 'out', out, { a, b });
      exports.squared_distances(
        args.matrix('squaredDistances', 'out', out, m, n),
        args.matrix('squaredDistances', 'a', a, m, size),
        args.matrix('squaredDistances', 'b', b, n, size),
        m,
        n,
        size,
      );
    },
  };
}
