import type { Kernels } from '../port/kernels';
import type { Tensor } from '../port/tensor';
import { argumentsOf, type Arguments } from './arguments';

type Flow = Pick<Kernels, 'flowPath' | 'combine' | 'combineRows' | 'scaledErrorNorm' | 'squaredDistances'>;

const flowPath: Kernels['flowPath'] = (args) => {
  const { real, int32, matrix, fail } = argumentsOf('flowPath');
  const [cells, size] = matrix('latents', args.latents);
  const [rows] = matrix('zt', args.zt);
  const latents = real('latents', args.latents);
  const index = int32('rows', args.rows, [rows]);
  const times = real('times', args.times, [rows]);
  const noise = real('noise', args.noise, [rows, size]);
  const jitter = args.jitter === undefined ? undefined : real('jitter', args.jitter, [rows, size]);
  const zt = real('zt', args.zt, [rows, size]);
  const target = real('target', args.target, [rows, size]);
  const s = args.sigmaMin;

  for (let r = 0; r < rows; r++) {
    if (index[r] < 0 || index[r] >= cells) throw fail(`rows[${r}] is ${index[r]}, latents have ${cells} rows`);
    const t = times[r];
    for (let d = 0; d < size; d++) {
      const at = r * size + d;
      const z1 = latents[index[r] * size + d];
      const e = noise[at];
      zt[at] = jitter === undefined ? t * z1 + (1 - (1 - s) * t) * e : t * z1 + (1 - t) * e + s * jitter[at];
      target[at] = jitter === undefined ? z1 - (1 - s) * e : z1 - e;
    }
  }
};

type Terms = readonly (readonly [coefficient: number, x: Tensor])[];

const openTerms = ({ real, fail }: Arguments, terms: Terms, shape: readonly number[]) => {
  if (terms.length < 1 || terms.length > 8) throw fail(`got ${terms.length} terms, takes 1 to 8`);
  return terms.map(([coefficient, x], j) => ({ coefficient, x: real(`terms[${j}]`, x, shape) }));
};

const combine: Kernels['combine'] = (out, terms) => {
  const open = argumentsOf('combine');
  const to = open.real('out', out);
  const from = openTerms(open, terms, out.shape);
  for (let i = 0; i < to.length; i++) {
    let sum = 0;
    for (const { coefficient, x } of from) sum += coefficient * x[i];
    to[i] = sum;
  }
};

const combineRows: Kernels['combineRows'] = (out, base, h, terms) => {
  const open = argumentsOf('combineRows');
  const [rows, columns] = open.matrix('out', out);
  const to = open.real('out', out);
  const start = open.real('base', base, out.shape);
  const steps = open.real('h', h, [rows]);
  const from = openTerms(open, terms, out.shape);
  for (let r = 0; r < rows; r++) {
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      let sum = 0;
      for (const { coefficient, x } of from) sum += coefficient * x[i];
      to[i] = start[i] + steps[r] * sum;
    }
  }
};

const scaledErrorNorm: Kernels['scaledErrorNorm'] = (out, args) => {
  const { real, matrix } = argumentsOf('scaledErrorNorm');
  const [rows, columns] = matrix('error', args.error);
  const norms = real('out', out, [rows]);
  const error = real('error', args.error);
  const y0 = real('y0', args.y0, [rows, columns]);
  const y1 = real('y1', args.y1, [rows, columns]);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = r * columns; i < (r + 1) * columns; i++) {
      sum += (error[i] / (args.atol + args.rtol * Math.max(Math.abs(y0[i]), Math.abs(y1[i])))) ** 2;
    }
    norms[r] = Math.sqrt(sum / columns);
  }
};

const squaredDistances: Kernels['squaredDistances'] = (out, a, b) => {
  const { real, matrix, distinct } = argumentsOf('squaredDistances');
  const [m, size] = matrix('a', a);
  const [n] = matrix('b', b);
  distinct('out', out, { a, b });
  const distances = real('out', out, [m, n]);
  const from = real('a', a);
  const to = real('b', b, [n, size]);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += (from[i * size + d] - to[j * size + d]) ** 2;
      distances[i * n + j] = sum;
    }
  }
};

export const flow: Flow = { flowPath, combine, combineRows, scaledErrorNorm, squaredDistances };
