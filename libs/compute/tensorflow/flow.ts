import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import type { KernelArguments } from './arguments';
import { misuse } from '../port/contract';
import type { Value } from './operations';

type Flow = Pick<Kernels, 'flowPath' | 'combine' | 'combineRows' | 'scaledErrorNorm' | 'squaredDistances'>;
type Terms = readonly (readonly [coefficient: number, x: Tensor])[];

export function flow(args: KernelArguments): Flow {
  const { tf, own } = args;
  const scalar = (value: number) => tf.scalar(value);

  /** Checks the terms; the function it returns adds them up, `first` before them where given. */
  const sumOf = (kernel: string, terms: Terms, shape: readonly number[]): (() => Value) => {
    if (terms.length < 1 || terms.length > 8) throw misuse(kernel, `got ${terms.length} terms, takes 1 to 8`);
    const opened = terms.map(([c, x], j) => [c, args.real(kernel, `terms[${j}]`, x, shape)] as const);
    return () => opened.map(([c, x]) => tf.mul(x.value, scalar(c))).reduce((sum, term) => tf.add(sum, term));
  };

  return {
    flowPath({ latents, rows, times, noise, jitter, zt, target, sigmaMin: s }) {
      const kernel = 'flowPath';
      const [cells, size] = args.dimensions(kernel, 'latents', latents);
      const [count] = args.dimensions(kernel, 'zt', zt);
      const shape = [count, size];
      const all = args.real(kernel, 'latents', latents, [cells, size]);
      const codes = args.codes(kernel, 'rows', rows, count, cells, 0);
      const t = args.real(kernel, 'times', times, [count]);
      const e = args.real(kernel, 'noise', noise, shape);
      const shift = jitter === undefined ? undefined : args.real(kernel, 'jitter', jitter, shape);
      const narrowing = shift === undefined ? 1 - s : 1;
      args.write([args.real(kernel, 'zt', zt, shape), args.real(kernel, 'target', target, shape)], () => {
        const z1 = own.gather(all.value, args.int32(codes));
        const time = tf.reshape(t.value, [count, 1]);
        const noisy = tf.mul(tf.sub(scalar(1), tf.mul(time, scalar(narrowing))), e.value);
        const along = tf.add(tf.mul(time, z1), noisy);
        return [
          shift === undefined ? along : tf.add(along, tf.mul(shift.value, scalar(s))),
          tf.sub(z1, narrowing === 1 ? e.value : tf.mul(e.value, scalar(narrowing))),
        ];
      });
    },

    combine(out, terms) {
      const sum = sumOf('combine', terms, out.shape);
      args.write([args.real('combine', 'out', out, out.shape)], () => [sum()]);
    },

    combineRows(out, base, h, terms) {
      const [count, width] = args.dimensions('combineRows', 'out', out);
      const start = args.real('combineRows', 'base', base, [count, width]);
      const steps = args.real('combineRows', 'h', h, [count]);
      const sum = sumOf('combineRows', terms, out.shape);
      args.write([args.real('combineRows', 'out', out, [count, width])], () => [
        tf.add(start.value, tf.mul(tf.reshape(steps.value, [count, 1]), sum())),
      ]);
    },

    scaledErrorNorm(out, { error, y0, y1, atol, rtol }) {
      const kernel = 'scaledErrorNorm';
      const [count, width] = args.dimensions(kernel, 'error', error);
      const [errors, from, to] = [error, y0, y1].map((x, i) => args.real(kernel, ['error', 'y0', 'y1'][i], x, [count, width]));
      args.write([args.real(kernel, 'out', out, [count])], () => {
        const larger = tf.maximum(tf.abs(from.value), tf.abs(to.value));
        const scaled = tf.div(errors.value, tf.add(tf.mul(larger, scalar(rtol)), scalar(atol)));
        return [tf.reshape(tf.sqrt(tf.mul(own.rowSums(tf.square(scaled)), scalar(1 / width))), [count])];
      });
    },

    squaredDistances(out, a, b) {
      const kernel = 'squaredDistances';
      const [m, size] = args.dimensions(kernel, 'a', a);
      const [n] = args.dimensions(kernel, 'b', b);
      args.distinct(kernel, 'out', out, { a, b });
      const from = args.real(kernel, 'a', a, [m, size]);
      const to = args.real(kernel, 'b', b, [n, size]);
      args.write([args.real(kernel, 'out', out, [m, n])], () => {
        // |x|² + |y|² - 2 x y loses digits far from 0: both sides are moved by the mean of b first, which no row of a changes.
        const centre = tf.mean(to.value, 0, true);
        const [x, y] = [tf.sub(from.value, centre), tf.sub(to.value, centre)];
        const squares = tf.add(tf.sum(tf.square(x), 1, true), tf.reshape(tf.sum(tf.square(y), 1), [1, n]));
        return [tf.relu(tf.sub(squares, tf.mul(tf.matMul(x, y, false, true), scalar(2))))];
      });
    },
  };
}
