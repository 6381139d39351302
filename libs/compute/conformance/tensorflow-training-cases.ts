import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integers, normals, sparseCounts, uniforms } from './inputs';
import { autoencoderParameters, autoencoderPass, autoencoderStatistics } from './small-autoencoder';
import { flowParameters, flowPass } from './small-flow';
import { TensorScope } from './tensor-scope';
import type { Engine, ParameterSet } from '../index';
import { createReferenceEngine } from '../index';
import type { DeviceKind } from '../tensorflow/device';
import { chooseDevice } from '../tensorflow/device-choice';
import { createTensorflowEngine } from '../tensorflow/tensorflow-engine';

/** A small model: `prepare` makes what lives for a whole training, the function it returns takes one pass on a scope of its own. */
interface SmallModel {
  readonly title: string;
  prepare(scope: TensorScope): { parameters: ParameterSet; pass: (scope: TensorScope) => Promise<number> };
}

function fill(scope: TensorScope, set: ParameterSet, seed: number): void {
  set.specs.forEach(({ name }, i) => {
    const tensor = set.value(name);
    scope.engine.upload(
      tensor,
      normals(tensor.size, seed + i, /gamma|variance/.test(name) ? 1 : 0, 0.2).map((value) => Math.fround(value)),
    );
  });
}

const widths = [60, 24, 12, 5];
const autoencoder: SmallModel = {
  title: 'autoencoder',
  prepare(scope) {
    const parameters = scope.parameters(autoencoderParameters(widths), { trainable: true });
    const statistics = scope.parameters(autoencoderStatistics(widths));
    fill(scope, parameters, 2000);
    fill(scope, statistics, 2100);
    const counts = scope.counts(sparseCounts(32, 60, 0.3, 2200));
    const sizeFactors = scope.real([32], uniforms(32, 2201, 20, 90));
    return {
      parameters,
      pass: async (step) => (await autoencoderPass(step, { widths, parameters, statistics, counts, sizeFactors })).loss,
    };
  },
};

const shape = { latent: 6, hidden: 16, embedding: 8, categories: 3 };
const flow: SmallModel = {
  title: 'flow',
  prepare(scope) {
    const parameters = scope.parameters(flowParameters(shape), { trainable: true });
    fill(scope, parameters, 2300);
    const inputs = {
      shape,
      parameters,
      latents: scope.real([40, 6], normals(240, 2400)),
      rows: scope.int32([32], integers(32, 2401, 0, 40)),
      category: scope.int32([32], integers(32, 2402, -1, 3)),
      times: scope.real([32], uniforms(32, 2403)),
      noise: scope.real([32, 6], normals(192, 2404)),
    };
    return { parameters, pass: (step) => flowPass(step, inputs) };
  },
};

/** Whole trainings, pass and optimiser, on a device of the engine. */
export function trainingCases(kind: DeviceKind): void {
  describe(`training on ${kind}`, () => {
    let engine: Engine;
    let arrays: () => number;
    beforeAll(async () => {
      engine = await createTensorflowEngine({ threads: 2, devices: [kind] });
      const { operations } = await chooseDevice({ threads: 2, devices: [kind] });
      arrays = () => operations.memory().numTensors;
    });
    afterAll(() => engine.close());

    it.each([autoencoder, flow])('$title: the loss falls as the reference makes it fall', async (model) => {
      const got = await train(engine, model, 12);
      const want = await train(createReferenceEngine(), model, 12);
      expect(want[11]).toBeLessThan(0.95 * want[0]);
      got.forEach((loss, step) => expect(Math.abs(loss / want[step] - 1), `loss of step ${step + 1}`).toBeLessThan(2e-4));
    });

    it.each([autoencoder, flow])('$title: a step leaves no array behind, and the training none', async (model) => {
      const start = arrays();
      const held: number[] = [];
      await train(engine, model, 5, () => held.push(arrays()));
      // The first step makes the optimiser's variables, which live as long as the parameters.
      expect(held).toEqual(new Array<number>(5).fill(held[0]));
      expect(held[0]).toBeGreaterThan(start);
      expect(arrays()).toBe(start);
    });

    it('values that are put in between two steps are those that the next step starts from', async () => {
      const scope = new TensorScope(engine);
      const set = scope.parameters([{ name: 'w', shape: [3], group: 'all' }], { trainable: true });
      const norm = scope.real([1]);
      const step = (count: number) =>
        engine.adamw(set, {
          groups: { all: { learningRate: 0.5, weightDecay: 0 } },
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          clipNorm: Infinity,
          step: count,
          norm,
        });
      engine.upload(set.gradient('w'), [1, 1, -1]);
      step(1);
      engine.upload(set.value('w'), [7], 1);
      for (const moment of [set.firstMoment('w'), set.secondMoment('w')]) engine.upload(moment, [0, 0, 0]);
      step(1);
      const values = await engine.download(set.value('w'));
      scope.release();
      // With empty moments every step is the learning rate long.
      expect(Array.from(values, (value) => value.toFixed(3))).toEqual(['-1.000', '6.500', '1.000']);
    });
  });
}

async function train(engine: Engine, model: SmallModel, steps: number, after: () => void = () => undefined): Promise<number[]> {
  const whole = new TensorScope(engine);
  const { parameters, pass } = model.prepare(whole);
  const norm = whole.real([1]);
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const scope = new TensorScope(engine);
    losses.push(await pass(scope));
    scope.release();
    const groups = Object.fromEntries(parameters.specs.map(({ group }) => [group, { learningRate: 1e-2, weightDecay: 1e-3 }]));
    engine.adamw(parameters, { groups, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 10, step, norm });
    after();
  }
  whole.release();
  return losses;
}
