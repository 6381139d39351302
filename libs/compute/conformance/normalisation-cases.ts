import type { Tensor } from '../index';
import { normals, rowRange, uniforms } from './inputs';
import { read, type KernelCase } from './kernel-case';
import type { TensorScope } from './tensor-scope';

const shapes = [
  [2, 1],
  [3, 5],
  [7, 16],
  [17, 33],
  [256, 129],
] as const;

/** Columns of different spread, one far from 0: a variance by E x² - (E x)² would lose it. */
function batch(rows: number, hidden: number, seed: number): Float64Array {
  return normals(rows * hidden, seed).map((value, i) => {
    const h = i % hidden;
    return Math.fround(h === 1 ? 16 + 0.5 * value : value * (1 + (h % 5)) + (h % 3));
  });
}

function batchNormCases(): KernelCase[] {
  return shapes.flatMap(([rows, hidden], i) => {
    const x = batch(rows, hidden, 100 + i);
    const dy = normals(rows * hidden, 110 + i);
    const gamma = uniforms(hidden, 120 + i, -1.5, 1.5);
    const beta = normals(hidden, 130 + i);
    const mean = normals(hidden, 140 + i);
    const variance = uniforms(hidden, 150 + i, 0.2, 3);
    const forward = (scope: TensorScope) => {
      const args = {
        x: scope.real([rows, hidden], x),
        gamma: scope.real([hidden], gamma),
        beta: scope.real([hidden], beta),
        runningMean: scope.real([hidden], mean),
        runningVariance: scope.real([hidden], variance),
        saved: scope.dirty([2, hidden]),
        epsilon: 1e-5,
        momentum: 0.1,
      };
      const out = scope.dirty([rows, hidden]);
      scope.engine.batchNormElu(out, args);
      return { ...args, out };
    };
    const backward = (inPlace: boolean): KernelCase => ({
      kernel: 'batchNormEluGradient',
      title: `${rows}x${hidden}${inPlace ? ', dx is dy' : ''}`,
      magnitude: { dGamma: 4, dBeta: 4 },
      async run(scope) {
        const { x, gamma, saved, out } = forward(scope);
        const upstream = scope.real([rows, hidden], dy);
        const dx = inPlace ? upstream : scope.dirty([rows, hidden]);
        const dGamma = scope.dirty([hidden]);
        const dBeta = scope.dirty([hidden]);
        scope.engine.batchNormEluGradient(dx, { dy: upstream, x, y: out, gamma, saved, dGamma, dBeta });
        return read(scope, { dx, dGamma, dBeta });
      },
    });
    const frozen = (inPlace: boolean): KernelCase => ({
      kernel: 'batchNormEluFrozen',
      title: `${rows}x${hidden}${inPlace ? ', out is x' : ''}`,
      rowwise: { rows, outputs: ['out'] },
      async run(scope, from, to) {
        const input = scope.real([to - from, hidden], rowRange(x, hidden, from, to));
        const out = inPlace ? input : scope.dirty([to - from, hidden]);
        scope.engine.batchNormEluFrozen(out, {
          x: input,
          gamma: scope.real([hidden], gamma),
          beta: scope.real([hidden], beta),
          runningMean: scope.real([hidden], mean),
          runningVariance: scope.real([hidden], variance),
          epsilon: 1e-5,
        });
        return read(scope, { out });
      },
    });
    const training: KernelCase = {
      kernel: 'batchNormElu',
      title: `${rows}x${hidden}`,
      async run(scope) {
        const { out, saved, runningMean, runningVariance } = forward(scope);
        return read(scope, { out, saved, runningMean, runningVariance });
      },
    };
    return [training, backward(false), backward(true), frozen(false), frozen(true)];
  });
}

/** A hidden unit that never varies: variance 0, so that epsilon alone sets the scale. */
function constantColumnCase(): KernelCase {
  const [rows, hidden] = [16, 3];
  return {
    kernel: 'batchNormElu',
    title: 'a column that does not vary',
    magnitude: { dx: 300 },
    async run(scope) {
      const ones = () => scope.real([hidden], [1, 1, 1]);
      const x = scope.real([rows, hidden], new Float64Array(rows * hidden).fill(0.5));
      const args = { x, gamma: ones(), runningMean: ones(), runningVariance: ones(), saved: scope.dirty([2, hidden]) };
      const out = scope.dirty([rows, hidden]);
      scope.engine.batchNormElu(out, { ...args, beta: scope.real([hidden], [0, 1, -1]), epsilon: 1e-5, momentum: 0.1 });
      const { runningMean, runningVariance, saved } = args;
      const forward = await read(scope, { out, saved, runningMean, runningVariance });
      const dx = scope.real([rows, hidden], normals(rows * hidden, 159));
      const [dGamma, dBeta] = [scope.dirty([hidden]), scope.dirty([hidden])];
      scope.engine.batchNormEluGradient(dx, { dy: dx, x, y: out, gamma: args.gamma, saved, dGamma, dBeta });
      return { ...forward, ...(await read(scope, { dx, dGamma, dBeta })) };
    },
  };
}

function dropoutCases(): KernelCase[] {
  return [
    [1, 1, 0.5],
    [5, 13, 0.1],
    [130, 67, 0.7],
    [9, 8, 0],
  ].map(([rows, columns, rate]) => ({
    kernel: 'dropout',
    title: `${rows}x${columns} at rate ${rate}`,
    async run(scope) {
      const x = scope.real([rows, columns], normals(rows * columns, 160));
      const again = scope.real([rows, columns], normals(rows * columns, 161));
      scope.engine.dropout(x, { rate, key: { k0: 0xdeadbeef, k1: 3 }, stream: 0xfffffff0 });
      scope.engine.dropout(again, { rate, key: { k0: 0xdeadbeef, k1: 3 }, stream: 7 });
      return read(scope, { x, again });
    },
  }));
}

const siluInputs = (count: number, seed: number) => {
  const x = normals(count, seed, 0, 3);
  x.set([0, 30, -30, 100, -100, 1000, -1000].slice(0, Math.max(0, count - 8)));
  return x;
};

function siluCases(): KernelCase[] {
  return (
    [
      [1, 1],
      [3, 5],
      [33, 65],
    ] as const
  ).flatMap(([rows, columns]) => {
    const x = siluInputs(rows * columns, 170);
    const dy = normals(rows * columns, 171);
    const before = normals(rows * columns, 172);
    const rowwise = { rows, outputs: ['out'] };
    const shape = (from: number, to: number) => [to - from, columns] as const;
    const gradient = (mode: 'plain' | 'dx is dy' | 'accumulate'): KernelCase => ({
      kernel: 'siluGradient',
      title: `${rows}x${columns}, ${mode}`,
      rowwise,
      async run(scope, from, to) {
        const upstream = scope.real(shape(from, to), rowRange(dy, columns, from, to));
        const out: Tensor = mode === 'dx is dy' ? upstream : scope.real(shape(from, to), rowRange(before, columns, from, to));
        scope.engine.siluGradient(out, scope.real(shape(from, to), rowRange(x, columns, from, to)), upstream, {
          accumulate: mode === 'accumulate',
        });
        return read(scope, { out });
      },
    });
    const forward = (inPlace: boolean): KernelCase => ({
      kernel: 'silu',
      title: `${rows}x${columns}${inPlace ? ', out is x' : ''}`,
      rowwise,
      async run(scope, from, to) {
        const input = scope.real(shape(from, to), rowRange(x, columns, from, to));
        const out = inPlace ? input : scope.dirty(shape(from, to));
        scope.engine.silu(out, input);
        return read(scope, { out });
      },
    });
    return [forward(false), forward(true), gradient('plain'), gradient('dx is dy'), gradient('accumulate')];
  });
}

export const normalisationCases: readonly KernelCase[] = [...batchNormCases(), constantColumnCase(), ...dropoutCases(), ...siluCases()];
