import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { autoencoderInference, autoencoderParameters, autoencoderPass, autoencoderStatistics } from '../conformance/small-autoencoder';
import { fromDense } from '../conformance/inputs';
import { TensorScope } from '../conformance/tensor-scope';
import { createReferenceEngine } from './reference-engine';

/** Numbers of PyTorch 2.13 in float64. */
const golden = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));

const engine = createReferenceEngine();

type Nested = number | readonly Nested[];
const flat = (values: Nested): number[] => (typeof values === 'number' ? [values] : values.flatMap(flat));

function expectNear(got: ArrayLike<number>, want: Nested, tolerance: number, what = 'values'): void {
  const wanted = flat(want);
  expect(got.length, `length of ${what}`).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `${what}[${i}]: ${got[i]}, golden ${value}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
  });
}

/** PyTorch keeps a linear layer's weight as [out, in], the engines as [in, out]. */
const inputMajor = (weight: number[][]) => weight[0].flatMap((_, i) => weight.map((row) => row[i]));

describe('elementary functions against PyTorch', () => {
  const { x, silu, elu, softmax } = golden('elementary');
  const scope = new TensorScope(engine);

  it('SiLU and its gradient', async () => {
    const input = scope.real([x.length], x);
    const y = scope.real([x.length]);
    engine.silu(y, input);
    expectNear(await engine.download(y), silu.y, 1e-12);
    engine.siluGradient(y, input, scope.real([x.length], silu.upstream));
    expectNear(await engine.download(y), silu.dx, 1e-12);
  });

  it('ELU, as batch norm of the identity kind', async () => {
    const y = scope.real([x.length, 1]);
    const [one, zero] = [scope.real([1], [1]), scope.real([1])];
    const args = { x: scope.real([x.length, 1], x), gamma: one, beta: zero, runningMean: zero, runningVariance: one, epsilon: 0 };
    engine.batchNormEluFrozen(y, args);
    expectNear(await engine.download(y), elu.y, 1e-12);
  });

  it('softmax, as means with size factor 1', async () => {
    const [rows, columns] = [softmax.x.length, softmax.x[0].length];
    const y = scope.real([rows, columns]);
    engine.negativeBinomialMeans(y, {
      logits: scope.real([rows, columns], flat(softmax.x)),
      sizeFactors: scope.real([rows], new Array<number>(rows).fill(1)),
    });
    expectNear(await engine.download(y), softmax.y, 1e-12);
  });

  it.each(['2', '6', '100'])('sinusoidal embedding of width %s', async (width) => {
    const { t, float64 } = golden('sinusoidal');
    const y = scope.real([t.length, Number(width)]);
    engine.sinusoidalEmbedding(y, scope.real([t.length], t), 1000);
    expectNear(await engine.download(y), float64[width], 1e-12);
  });
});

describe('batch norm against PyTorch', () => {
  const { eps, momentum, weight, bias, train_steps: steps, inference } = golden('batch_norm');
  const hidden = weight.length;
  const scope = new TensorScope(engine);
  const gamma = scope.real([hidden], weight);
  const beta = scope.real([hidden], bias);
  const runningMean = scope.real([hidden]);
  const runningVariance = scope.real([hidden], new Array<number>(hidden).fill(1));
  /** The golden layer has no activation: the ELU is put on its output, and taken off the upstream gradient. */
  const elu = (y: number) => (y > 0 ? y : Math.expm1(y));

  it('three training steps with gradients and running statistics, then inference', async () => {
    for (const step of steps) {
      const rows = step.x.length;
      const x = scope.real([rows, hidden], flat(step.x));
      const saved = scope.real([2, hidden]);
      const y = scope.real([rows, hidden]);
      engine.batchNormElu(y, { x, gamma, beta, runningMean, runningVariance, saved, epsilon: eps, momentum });
      const wanted = flat(step.y);
      expectNear(await engine.download(y), wanted.map(elu), 1e-10, 'y');
      expectNear(await engine.download(runningMean), step.running_mean, 1e-10, 'running mean');
      expectNear(await engine.download(runningVariance), step.running_var, 1e-10, 'running variance');

      const upstream = flat(step.upstream).map((value, i) => (wanted[i] > 0 ? value : value / Math.exp(wanted[i])));
      const dx = scope.real([rows, hidden], upstream);
      const [dGamma, dBeta] = [scope.real([hidden]), scope.real([hidden])];
      engine.batchNormEluGradient(dx, { dy: dx, x, y, gamma, saved, dGamma, dBeta });
      expectNear(await engine.download(dx), step.dx, 1e-10, 'dx');
      expectNear(await engine.download(dGamma), step.dweight, 1e-10, 'dGamma');
      expectNear(await engine.download(dBeta), step.dbias, 1e-10, 'dBeta');
    }
    const rows = inference.x.length;
    const y = scope.real([rows, hidden], flat(inference.x));
    engine.batchNormEluFrozen(y, { x: y, gamma, beta, runningMean, runningVariance, epsilon: eps });
    expectNear(await engine.download(y), flat(inference.y).map(elu), 1e-10, 'inference');
  });
});

describe('AdamW against PyTorch', () => {
  const { runs } = golden('adamw');

  interface Run {
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly max_norm: number | null;
    readonly trace: readonly { grad: [Nested, Nested]; total_norm: number | null; p: number[]; q: number[][] }[];
  }

  it.each(runs as Run[])('10 steps with lr $lr, weight decay $weight_decay, clipping norm $max_norm', async (run) => {
    const scope = new TensorScope(engine);
    const set = scope.parameters(
      [
        { name: 'p', shape: [3], group: 'all' },
        { name: 'q', shape: [1, 2], group: 'all' },
      ],
      { trainable: true },
    );
    engine.upload(set.value('p'), [1, -2, 3]);
    engine.upload(set.value('q'), [0.5, -0.5]);
    const norm = scope.real([1]);
    for (const [i, { grad, total_norm, p, q }] of run.trace.entries()) {
      const step = i + 1;
      engine.upload(set.gradient('p'), flat(grad[0]));
      engine.upload(set.gradient('q'), flat(grad[1]));
      engine.adamw(set, {
        groups: { all: { learningRate: run.lr, weightDecay: run.weight_decay } },
        beta1: run.betas[0],
        beta2: run.betas[1],
        epsilon: run.eps,
        clipNorm: run.max_norm ?? Infinity,
        step,
        norm,
      });
      if (total_norm !== null) expectNear(await engine.download(norm), total_norm, 1e-12, 'norm');
      expectNear(await engine.download(set.value('p')), p, 1e-12, `p after step ${step}`);
      expectNear(await engine.download(set.value('q')), q, 1e-12, `q after step ${step}`);
    }
    expect(run.trace.length).toBe(10);
    scope.release();
  });
});

describe("one whole training step against the authors' network in PyTorch", () => {
  const g = golden('autoencoder_step');
  const widths = [g.shape.genes, 8, 5, g.shape.latent];
  const rows = g.shape.batch;
  const scope = new TensorScope(engine);
  const parameters = scope.parameters(autoencoderParameters(widths), { trainable: true });
  const statistics = scope.parameters(autoencoderStatistics(widths));
  const inputs = {
    widths,
    parameters,
    statistics,
    counts: scope.counts(fromDense(rows, widths[0], (r, column) => g.x[r][column])),
    sizeFactors: scope.real([rows], flat(g.size_factor)),
  };

  /** Golden values under our names. */
  const renamed = (weights: Record<string, number[] & number[][]>): Record<string, number[]> => {
    const values: Record<string, number[]> = { logTheta: weights['theta'] };
    for (const part of ['encoder', 'decoder']) {
      for (const layer of [0, 1, 2]) {
        const theirs = layer < 2 ? `${part}.net.${layer}.0` : `${part}.net.2`;
        values[`${part}.${layer}.weight`] = inputMajor(weights[`${theirs}.weight`]);
        values[`${part}.${layer}.bias`] = weights[`${theirs}.bias`];
        if (layer === 2) continue;
        values[`${part}.${layer}.gamma`] = weights[`${part}.net.${layer}.1.weight`];
        values[`${part}.${layer}.beta`] = weights[`${part}.net.${layer}.1.bias`];
        values[`${part}.${layer}.mean`] = weights[`${part}.net.${layer}.1.running_mean`];
        values[`${part}.${layer}.variance`] = weights[`${part}.net.${layer}.1.running_var`];
      }
    }
    return values;
  };

  it('activations, loss, gradients, clipping, AdamW and inference', async () => {
    const before = renamed(g.weights_before);
    for (const set of [parameters, statistics]) {
      for (const { name } of set.specs) engine.upload(set.value(name), before[name]);
    }
    const { z, logits, dLogits, loss } = await autoencoderPass(scope, inputs);
    expectNear(await engine.download(z), g.z, 1e-9, 'z');
    expectNear(logits, g.logits, 1e-9, 'logits');
    expectNear([loss], g.loss, 1e-9, 'loss');
    expect(dLogits.shape).toEqual([rows, widths[0]]);

    const gradients = renamed(g.gradients_before_clip);
    for (const { name } of parameters.specs)
      expectNear(await engine.download(parameters.gradient(name)), gradients[name], 1e-9, `d ${name}`);

    const norm = scope.real([1]);
    engine.adamw(parameters, {
      groups: { autoencoder: { learningRate: g.optimizer.lr, weightDecay: g.optimizer.weight_decay } },
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: g.optimizer.max_norm,
      step: 1,
      norm,
    });
    expectNear(await engine.download(norm), g.total_norm, 1e-9, 'norm');
    const after = renamed(g.weights_after);
    for (const set of [parameters, statistics]) {
      for (const { name } of set.specs) expectNear(await engine.download(set.value(name)), after[name], 1e-9, `${name} after the step`);
    }
    const inference = await autoencoderInference(scope, inputs);
    expectNear(inference.z, g.inference_after.z, 1e-9, 'z in inference');
    expectNear(inference.means, g.inference_after.mu, 1e-9, 'means in inference');
  });

  it('its gradient of the logits', async () => {
    const dLogits = scope.real([rows, widths[0]], flat(g.logits));
    engine.negativeBinomialLoss({
      logits: dLogits,
      logTheta: scope.real([widths[0]], g.weights_before.theta),
      sizeFactors: inputs.sizeFactors,
      counts: inputs.counts,
      rowLoss: scope.real([rows]),
      dLogTheta: scope.real([widths[0]]),
      scale: 1 / rows,
    });
    expectNear(await engine.download(dLogits), g.dlogits, 1e-9);
  });
});
