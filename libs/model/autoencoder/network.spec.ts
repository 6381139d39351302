import { readFileSync } from 'node:fs';
import { createReferenceEngine, type Engine } from '@cfgen/compute';
import type { SparseRows } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { autoencoderShape } from './architecture';
import { AutoencoderNetwork } from './network';
import { preset } from '../settings/presets';

/** One whole step of the authors' 12-8-5-3-5-8-12 network in PyTorch float64. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/autoencoder_step.json', import.meta.url), 'utf8')) as {
  x: number[][];
  size_factor: number[][];
  weights_before: Record<string, number[] | number[][]>;
  weights_after: Record<string, number[] | number[][]>;
  gradients_before_clip: Record<string, number[] | number[][]>;
  z: number[][];
  logits: number[][];
  loss: number;
  log_likelihood: number[][];
  total_norm: number;
  inference_after: { z: number[][] };
};

/** Their name of one of our tensors; Linear weights have to be transposed. */
function theirs(name: string): string {
  if (name === 'log_theta') return 'theta';
  const [part, place, what] = name.split('.') as [string, string, string];
  if (place === 'out') return `${part}.net.2.${what}`;
  const batchNorm: Record<string, string> = {
    gamma: 'weight',
    beta: 'bias',
    running_mean: 'running_mean',
    running_variance: 'running_var',
  };
  return what in batchNorm ? `${part}.net.${place}.1.${batchNorm[what]}` : `${part}.net.${place}.0.${what}`;
}

function values(record: Record<string, number[] | number[][]>, name: string): number[] {
  const found = record[theirs(name)];
  if (!Array.isArray(found[0])) return found as number[];
  const matrix = found as number[][];
  return matrix[0].flatMap((_, j) => matrix.map((row) => row[j]));
}

function sparse(x: number[][]): SparseRows {
  const indptr = [0];
  const indices: number[] = [];
  const counts: number[] = [];
  for (const row of x) {
    row.forEach((value, j) => {
      if (value === 0) return;
      indices.push(j);
      counts.push(value);
    });
    indptr.push(indices.length);
  }
  return {
    rows: x.length,
    columns: x[0].length,
    indptr: Uint32Array.from(indptr),
    indices: Uint32Array.from(indices),
    values: Float32Array.from(counts),
  };
}

function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-9): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(found[i] - value), `element ${i}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))),
  );
}

describe('the autoencoder against the authors network in PyTorch', () => {
  let engine: Engine;
  let network: AutoencoderNetwork;
  const batch = { counts: sparse(golden.x), sizeFactors: golden.size_factor.flat() };

  beforeAll(() => {
    engine = createReferenceEngine();
    const settings = { ...preset('paper').autoencoder, hidden: [8, 5], latent: 3 };
    network = new AutoencoderNetwork(engine, autoencoderShape(settings, 12, 0), { input: 'log1p', dropout: 0, trainable: true });
    for (const { name } of network.parameters.specs) engine.upload(network.parameters.value(name), values(golden.weights_before, name));
    for (const [name, tensor] of network.running) engine.upload(tensor, values(golden.weights_before, name));
  });
  afterAll(() => engine.close());

  it('gives the same loss per cell, gradients, clipped AdamW step, running statistics and latents', async () => {
    const random = { dropoutKey: { k0: 0, k1: 0 }, noiseKey: { k0: 0, k1: 0 }, step: 0 };
    const { rowLoss } = network.trainStep(batch, { kl: 0, label: 0 }, random);
    const losses = golden.log_likelihood.map((row) => -row.reduce((sum, value) => sum + value, 0));
    expectClose(await engine.download(rowLoss), losses);
    expect(losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toBeCloseTo(golden.loss, 9);
    for (const { name } of network.parameters.specs) {
      expectClose(await engine.download(network.parameters.gradient(name)), values(golden.gradients_before_clip, name));
    }

    const norm = engine.tensor([1]);
    const group = { learningRate: 1e-3, weightDecay: 1e-5 };
    engine.adamw(network.parameters, {
      groups: { weights: group, theta: group },
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: 1,
      step: 1,
      norm,
    });
    expectClose(await engine.download(norm), [golden.total_norm]);
    for (const { name } of network.parameters.specs) {
      expectClose(await engine.download(network.parameters.value(name)), values(golden.weights_after, name));
    }
    for (const [name, tensor] of network.running) expectClose(await engine.download(tensor), values(golden.weights_after, name));

    expectClose(await engine.download(network.encode(batch)), golden.inference_after.z.flat());
  });
});
