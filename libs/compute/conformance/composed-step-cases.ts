import type { ParameterSet, ParameterSpec } from '../index';
import { integers, normals, sparseCounts, uniforms } from './inputs';
import { autoencoderParameters, autoencoderPass, autoencoderStatistics } from './small-autoencoder';
import { flowParameters, flowPass, type FlowShape } from './small-flow';
import type { TensorScope } from './tensor-scope';

/** A training step composed of kernels: `pass` computes the loss and all gradients at the present parameters. */
export interface ComposedStep {
  readonly title: string;
  readonly specs: readonly ParameterSpec[];
  /** Opens a scope's tensors once; the function it returns may be called any number of times. */
  prepare(scope: TensorScope): { parameters: ParameterSet; pass: () => Promise<number> };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

function fill(scope: TensorScope, set: ParameterSet, seed: number): void {
  set.specs.forEach(({ name, shape }, i) => {
    const values = normals(sizeOf(shape), seed + i, 0, 0.6).map((value) =>
      /gamma|variance/.test(name) ? Math.fround(1 + value / 4) : value,
    );
    scope.engine.upload(set.value(name), values);
  });
}

function autoencoderStep(rows: number, widths: readonly number[]): ComposedStep {
  return {
    title: `autoencoder ${widths.join('-')}, ${rows} cells`,
    specs: autoencoderParameters(widths),
    prepare(scope) {
      const parameters = scope.parameters(autoencoderParameters(widths), { trainable: true });
      const statistics = scope.parameters(autoencoderStatistics(widths));
      fill(scope, parameters, 1000);
      fill(scope, statistics, 1100);
      const counts = scope.counts(sparseCounts(rows, widths[0], 0.4, 1200));
      const sizeFactors = scope.real([rows], uniforms(rows, 1201, 5, 60));
      const pass = async () => {
        const { loss } = await autoencoderPass(scope, { widths, parameters, statistics, counts, sizeFactors });
        return loss;
      };
      return { parameters, pass };
    },
  };
}

function flowStep(batch: number, shape: FlowShape): ComposedStep {
  return {
    title: `flow ${Object.values(shape).join('-')}, ${batch} cells`,
    specs: flowParameters(shape),
    prepare(scope) {
      const parameters = scope.parameters(flowParameters(shape), { trainable: true });
      fill(scope, parameters, 1300);
      const cells = batch + 3;
      const inputs = {
        shape,
        parameters,
        latents: scope.real([cells, shape.latent], normals(cells * shape.latent, 1400)),
        rows: scope.int32([batch], integers(batch, 1401, 0, cells)),
        category: scope.int32([batch], integers(batch, 1402, -1, shape.categories)),
        times: scope.real([batch], uniforms(batch, 1403)),
        noise: scope.real([batch, shape.latent], normals(batch * shape.latent, 1404)),
      };
      return { parameters, pass: () => flowPass(scope, inputs) };
    },
  };
}

/** Small enough to take every partial derivative by finite differences. */
export const smallSteps: readonly ComposedStep[] = [
  autoencoderStep(7, [9, 6, 4, 3]),
  flowStep(8, { latent: 3, hidden: 5, embedding: 4, categories: 3 }),
];

/** Larger than the blocks and vectors that fast engines compute in. */
export const largerSteps: readonly ComposedStep[] = [
  autoencoderStep(70, [301, 65, 33, 10]),
  flowStep(130, { latent: 50, hidden: 64, embedding: 100, categories: 7 }),
];
