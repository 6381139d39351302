import { describe, expect, it } from 'vitest';
import { smallSteps } from '../conformance/composed-step-cases';
import { integers, normals, sparseCounts, uniforms } from '../conformance/inputs';
import { TensorScope } from '../conformance/tensor-scope';
import type { Tensor } from '../port/tensor';
import { createReferenceEngine } from './reference-engine';

const engine = createReferenceEngine();

/** Central differences of `loss` by every element of `values`, with a step at which rounding and truncation are both near 1e-9. */
async function differences(values: ArrayLike<number>, loss: (values: Float64Array) => Promise<number>): Promise<Float64Array> {
  const at = Float64Array.from(values);
  const slopes = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) {
    const [value, step] = [at[i], 1e-5 * Math.max(1, Math.abs(at[i]))];
    at[i] = value + step;
    const above = await loss(at);
    at[i] = value - step;
    slopes[i] = (above - (await loss(at))) / (2 * step);
    at[i] = value;
  }
  return slopes;
}

function expectSlopes(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  expect(got.length).toBe(want.length);
  const largest = Math.max(...Array.from(want, Math.abs), 1e-3);
  for (let i = 0; i < want.length; i++) {
    expect(Math.abs(got[i] - want[i]) / largest, `${what}[${i}]: ${got[i]}, by differences ${want[i]}`).toBeLessThan(1e-6);
  }
}

const sum = async (tensor: Tensor) => Array.from(await engine.download(tensor)).reduce((total, value) => total + value, 0);

describe('gradients of the losses are the slopes of their values', () => {
  it.each(['one theta a feature', 'a theta for each category'])('negative binomial with %s', async (kind) => {
    const [rows, genes] = [5, 7];
    const categorical = kind.includes('category');
    const counts = sparseCounts(rows, genes, 0.6, 1);
    const logits = normals(rows * genes, 2);
    const shape = categorical ? [3, genes] : [genes];
    const logTheta = normals(genes * (categorical ? 3 : 1), 3, 0, 2);
    const scale = 0.2;
    const evaluate = async (s: ArrayLike<number>, t: ArrayLike<number>) => {
      const scope = new TensorScope(engine);
      const sTensor = scope.real([rows, genes], s);
      const dLogTheta = scope.dirty(shape);
      const rowLoss = scope.dirty([rows]);
      engine.negativeBinomialLoss({
        logits: sTensor,
        logTheta: scope.real(shape, t),
        sizeFactors: scope.real([rows], uniforms(rows, 4, 3, 90)),
        counts: scope.counts(counts),
        rowLoss,
        dLogTheta,
        scale,
        ...(categorical ? { category: scope.int32([rows], integers(rows, 5, 0, 3)) } : {}),
      });
      const result = { loss: scale * (await sum(rowLoss)), ds: await engine.download(sTensor), dt: await engine.download(dLogTheta) };
      scope.release();
      return result;
    };
    const { ds, dt } = await evaluate(logits, logTheta);
    expectSlopes(ds, await differences(logits, async (s) => (await evaluate(s, logTheta)).loss), 'd logits');
    expectSlopes(dt, await differences(logTheta, async (t) => (await evaluate(logits, t)).loss), 'd logTheta');
  });

  it('Bernoulli, where anything was counted', async () => {
    const [rows, peaks] = [6, 5];
    const start = normals(rows * peaks, 40, 0, 3);
    const evaluate = async (values: ArrayLike<number>, gradient: boolean) => {
      const scope = new TensorScope(engine);
      const logits = scope.real([rows, peaks], values);
      const rowLoss = scope.dirty([rows]);
      engine.bernoulliLoss({ logits, counts: scope.counts(sparseCounts(rows, peaks, 0.5, 41)), rowLoss, scale: 0.3, gradient });
      const result = { loss: 0.3 * (await sum(rowLoss)), gradient: await engine.download(logits) };
      scope.release();
      return result;
    };
    const { gradient } = await evaluate(start, true);
    expectSlopes(gradient, await differences(start, async (v) => (await evaluate(v, false)).loss), 'd logits');
  });

  // Size factors are not the sums of the counts, so that the part of the softmax's normalisation shows.
  it('Poisson, through the softmax', async () => {
    const [rows, peaks] = [6, 7];
    const start = normals(rows * peaks, 50);
    const evaluate = async (values: ArrayLike<number>, gradient: boolean) => {
      const scope = new TensorScope(engine);
      const logits = scope.real([rows, peaks], values);
      const rowLoss = scope.dirty([rows]);
      engine.poissonLoss({
        logits,
        sizeFactors: scope.real([rows], uniforms(rows, 51, 1, 60)),
        counts: scope.counts(sparseCounts(rows, peaks, 0.5, 52)),
        rowLoss,
        scale: 0.3,
        gradient,
      });
      const result = { loss: 0.3 * (await sum(rowLoss)), gradient: await engine.download(logits) };
      scope.release();
      return result;
    };
    const { gradient } = await evaluate(start, true);
    expectSlopes(gradient, await differences(start, async (v) => (await evaluate(v, false)).loss), 'd logits');
  });

  it('cross-entropy', async () => {
    const [rows, categories] = [6, 5];
    const start = normals(rows * categories, 10);
    const evaluate = async (values: ArrayLike<number>) => {
      const scope = new TensorScope(engine);
      const logits = scope.real([rows, categories], values);
      const rowLoss = scope.dirty([rows]);
      engine.crossEntropyLoss({ logits, labels: scope.int32([rows], [0, 4, -1, 2, -1, 3]), rowLoss, scale: 0.7 });
      const result = { loss: 0.7 * (await sum(rowLoss)), gradient: await engine.download(logits) };
      scope.release();
      return result;
    };
    expectSlopes((await evaluate(start)).gradient, await differences(start, async (v) => (await evaluate(v)).loss), 'd logits');
  });

  it('squared error', async () => {
    const start = normals(12, 20);
    const evaluate = async (values: ArrayLike<number>) => {
      const scope = new TensorScope(engine);
      const prediction = scope.real([4, 3], values);
      const rowLoss = scope.dirty([4]);
      engine.squaredErrorLoss({ prediction, target: scope.real([4, 3], normals(12, 21)), rowLoss, scale: 0.3 });
      const result = { loss: 0.3 * (await sum(rowLoss)), gradient: await engine.download(prediction) };
      scope.release();
      return result;
    };
    expectSlopes((await evaluate(start)).gradient, await differences(start, async (v) => (await evaluate(v)).loss), 'd prediction');
  });

  it('Gaussian head: the draw and the divergence together', async () => {
    const [rows, size, klScale] = [4, 3, 0.4];
    const start = normals(rows * 2 * size, 30);
    const noises = normals(rows * size, 31);
    const weights = normals(rows * size, 32);
    const evaluate = async (values: ArrayLike<number>) => {
      const scope = new TensorScope(engine);
      const head = scope.real([rows, 2 * size], values);
      const noise = scope.real([rows, size], noises);
      const [z, rowKl, dHead] = [scope.dirty([rows, size]), scope.dirty([rows]), scope.dirty([rows, 2 * size])];
      engine.gaussianHead({ head, noise, z, rowKl });
      engine.gaussianHeadGradient({ head, noise, dz: scope.real([rows, size], weights), dHead, klScale });
      const drawn = await engine.download(z);
      const loss = weights.reduce((total, weight, i) => total + weight * drawn[i], klScale * (await sum(rowKl)));
      const result = { loss, gradient: await engine.download(dHead) };
      scope.release();
      return result;
    };
    expectSlopes((await evaluate(start)).gradient, await differences(start, async (v) => (await evaluate(v)).loss), 'd head');
  });
});

describe('a whole step composed of kernels', () => {
  it.each(smallSteps)('$title: every partial derivative is the slope of the loss', async ({ specs, prepare }) => {
    const scope = new TensorScope(engine);
    const { parameters, pass } = prepare(scope);
    await pass();
    const gradients = new Map<string, ArrayLike<number>>();
    for (const { name } of specs) gradients.set(name, await engine.download(parameters.gradient(name)));
    for (const { name } of specs) {
      const tensor = parameters.value(name);
      const start = await engine.download(tensor);
      const slopes = await differences(start, async (values) => {
        engine.upload(tensor, values);
        return pass();
      });
      engine.upload(tensor, start);
      expectSlopes(gradients.get(name)!, slopes, `d ${name}`);
    }
    scope.release();
  });
});
