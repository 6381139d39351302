import type { Engine } from '../index';
import { fromDense, uniforms } from './inputs';
import type { TensorScope } from './tensor-scope';

/**
 * Sums over a million numbers far from 0, where adding one float32 after the other would lose the fourth digit.
 * `exact` is the sum in float64; results must agree to 1e-5.
 */
export interface LongSum {
  readonly title: string;
  run(scope: TensorScope): Promise<{ readonly got: number; readonly exact: number }>;
}

const length = 1_000_003;

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

const first = async (engine: Engine, tensor: Parameters<Engine['download']>[0]) => (await engine.download(tensor, 0, 1))[0];

export const longSums: readonly LongSum[] = [
  {
    title: 'addSum',
    async run(scope) {
      const values = uniforms(length, 900, 100.2, 100.4);
      const total = scope.real([1]);
      scope.engine.addSum(total, scope.real([length], values), 0.5);
      return { got: await first(scope.engine, total), exact: 0.5 * sumOf(values) };
    },
  },
  {
    title: 'columnSums',
    async run(scope) {
      const values = uniforms(length, 901, 100.2, 100.4);
      const out = scope.real([1]);
      scope.engine.columnSums(out, scope.real([length, 1], values));
      return { got: await first(scope.engine, out), exact: sumOf(values) };
    },
  },
  {
    title: 'scatterRowSums',
    async run(scope) {
      const values = uniforms(length, 902, 100.2, 100.4);
      const out = scope.real([2, 1]);
      scope.engine.scatterRowSums(out, scope.int32([length], new Int32Array(length)), scope.real([length, 1], values));
      return { got: await first(scope.engine, out), exact: sumOf(values) };
    },
  },
  {
    title: 'batchNormElu, the mean of a batch',
    async run(scope) {
      const values = uniforms(length, 903, 100.2, 100.4);
      const saved = scope.real([2, 1]);
      scope.engine.batchNormElu(scope.real([length, 1]), {
        x: scope.real([length, 1], values),
        gamma: scope.real([1], [1]),
        beta: scope.real([1]),
        runningMean: scope.real([1]),
        runningVariance: scope.real([1], [1]),
        saved,
        epsilon: 1e-5,
        momentum: 0.1,
      });
      return { got: await first(scope.engine, saved), exact: sumOf(values) / length };
    },
  },
  {
    title: 'squaredErrorLoss of one row',
    async run(scope) {
      const values = uniforms(length, 904, 100.2, 100.4);
      const rowLoss = scope.real([1]);
      const prediction = scope.real([1, length], values);
      scope.engine.squaredErrorLoss({ prediction, target: scope.real([1, length]), rowLoss, scale: 1 });
      return { got: await first(scope.engine, rowLoss), exact: sumOf(values.map((value) => value * value)) };
    },
  },
  {
    title: 'scaledErrorNorm of one row',
    async run(scope) {
      const values = uniforms(length, 905, 100.2, 100.4);
      const out = scope.real([1]);
      const zeros = scope.real([1, length]);
      scope.engine.scaledErrorNorm(out, { error: scope.real([1, length], values), y0: zeros, y1: zeros, atol: 1, rtol: 1 });
      return { got: await first(scope.engine, out), exact: Math.sqrt(sumOf(values.map((value) => value * value)) / length) };
    },
  },
  {
    title: 'adamw, the global norm',
    async run(scope) {
      const values = uniforms(length, 906, 100.2, 100.4);
      const set = scope.parameters([{ name: 'w', shape: [length], group: 'all' }], { trainable: true });
      const norm = scope.real([1]);
      scope.engine.upload(set.gradient('w'), values);
      const groups = { all: { learningRate: 0, weightDecay: 0 } };
      scope.engine.adamw(set, { groups, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1, step: 1, norm });
      return { got: await first(scope.engine, norm), exact: Math.sqrt(sumOf(values.map((value) => value * value))) };
    },
  },
  {
    // Equal logits and theta: every mean is 1, and -ln p(0) = ln 2 for theta = 1.
    title: 'negativeBinomialLoss of one row',
    async run(scope) {
      const rowLoss = scope.real([1]);
      scope.engine.negativeBinomialLoss({
        logits: scope.real([1, length]),
        logTheta: scope.real([length]),
        sizeFactors: scope.real([1], [length]),
        counts: scope.counts(fromDense(1, length, () => 0)),
        rowLoss,
        scale: 1,
      });
      return { got: await first(scope.engine, rowLoss), exact: length * Math.LN2 };
    },
  },
];
