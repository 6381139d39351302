import { readFileSync } from 'node:fs';
import { createReferenceEngine, type Engine, type Tensor } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowParameters, type FlowShape } from './architecture';
import { FlowNetwork } from './network';
import { FieldWeights } from './field-weights';
import { VelocityField } from './velocity-field';
import type { StoredTensor } from '../training/state';

type Weights = Record<string, number[] | number[][]>;
interface Case {
  weights: Weights;
  gradients: Weights;
  unconditional: number[][];
  cond_cell_type: number[][];
  cond_batch: number[][];
  target: number[][];
  loss_cell_type: number;
  'guided_t0.5': { weights: { cell_type: number; batch: number }; v: number[][] };
}
/** Outputs and gradients of the authors' velocity network in PyTorch float64. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/velocity_net.json', import.meta.url), 'utf8')) as {
  x: number[][];
  t: number[][];
  log_size_factor: { rna: number[][] };
  size_factor_min_max: [number, number];
  embeddings: { cell_type: number[][]; batch: number[][] };
  labels: { cell_type: number[]; batch: number[] };
  plain: Case;
  with_size_factor: Case;
  path: { sigma: number; t: number[][]; noise: number[][]; z1: number[][]; z_t: number[][]; u_t: number[][] };
};

/** Their name of one of our tensors. */
function theirs(name: string): string {
  return name
    .replace(/^time\.first/, 'time_embedder.0')
    .replace(/^time\.second/, 'time_embedder.2')
    .replace(/^size\.first/, 'size_factor_embedder.0')
    .replace(/^size\.second/, 'size_factor_embedder.2')
    .replace(/^in\./, 'net_in.')
    .replace(/^out\./, 'net_out.1.')
    .replace('.first.', '.net1.1.')
    .replace('.second.', '.net2.1.')
    .replace('.condition.', '.cond_proj.1.');
}

function values(weights: Weights, name: string): number[] {
  if (name === 'attribute.0.table') return golden.embeddings.cell_type.flat();
  if (name === 'attribute.1.table') return golden.embeddings.batch.flat();
  const found = weights[theirs(name)];
  if (!Array.isArray(found[0])) return found as number[];
  const matrix = found as number[][];
  return matrix[0].flatMap((_, j) => matrix.map((row) => row[j]));
}

function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-9): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(found[i] - value), `element ${i}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))),
  );
}

const [low, high] = golden.size_factor_min_max;
const rescaled = Float64Array.from(golden.log_size_factor.rna.flat(), (value) => (value - low) / (high - low));

for (const name of ['plain', 'with_size_factor'] as const) {
  describe(`the velocity network against the authors' in PyTorch, ${name.replaceAll('_', ' ')}`, () => {
    const expected = golden[name];
    const shape: FlowShape = {
      latent: 4,
      hidden: 8,
      embedding: 6,
      blocks: 3,
      categories: [3, 2],
      sizeFactorConditioning: name === 'with_size_factor',
      covariates: 0,
    };
    let engine: Engine;
    let network: FlowNetwork;
    let tensors: { z: Tensor; times: Tensor; sizes: Tensor; cellType: Tensor; batch: Tensor };
    const upload = (dimensions: number[], data: ArrayLike<number>, dtype: 'real' | 'int32' = 'real'): Tensor => {
      const tensor = engine.tensor(dimensions, dtype);
      engine.upload(tensor, data);
      return tensor;
    };

    beforeAll(() => {
      engine = createReferenceEngine();
      network = new FlowNetwork(engine, shape, { trainable: true });
      for (const spec of network.parameters.specs) engine.upload(network.parameters.value(spec.name), values(expected.weights, spec.name));
      tensors = {
        z: upload([5, 4], golden.x.flat()),
        times: upload([5], golden.t.flat()),
        sizes: upload([5], rescaled),
        cellType: upload([5], golden.labels.cell_type, 'int32'),
        batch: upload([5], golden.labels.batch, 'int32'),
      };
    });
    afterAll(() => engine.close());

    const conditions = (categories: (Tensor | undefined)[]) => ({
      times: tensors.times,
      numbers: shape.sizeFactorConditioning ? [tensors.sizes] : [],
      categories,
    });

    it('gives the same velocities, shown nothing, the cell type or the batch', async () => {
      expectClose(await engine.download(network.forward(tensors.z, conditions([]))), expected.unconditional.flat());
      expectClose(await engine.download(network.forward(tensors.z, conditions([tensors.cellType]))), expected.cond_cell_type.flat());
      expectClose(await engine.download(network.forward(tensors.z, conditions([undefined, tensors.batch]))), expected.cond_batch.flat());
    });

    it('gives the same loss and gradients', async () => {
      const shown = conditions([tensors.cellType]);
      const prediction = network.forward(tensors.z, shown);
      const target = upload([5, 4], expected.target.flat());
      const rowLoss = engine.tensor([5]);
      engine.squaredErrorLoss({ prediction, target, rowLoss, scale: 1 / 20 });
      const loss = Array.from(await engine.download(rowLoss)).reduce((sum, value) => sum + value, 0) / 20;
      expect(loss).toBeCloseTo(expected.loss_cell_type, 9);
      network.backward(tensors.z, prediction, shown);
      for (const spec of network.parameters.specs) {
        if (spec.name.startsWith('attribute.')) continue;
        expectClose(await engine.download(network.parameters.gradient(spec.name)), values(expected.gradients, spec.name));
      }
    });

    it('gives the same guided field for two attributes, at one time for all rows and with a time per row', async () => {
      const stored = new Map<string, StoredTensor>(
        flowParameters(shape).map((spec) => [
          spec.name,
          { shape: spec.shape, data: Float64Array.from(values(expected.weights, spec.name)) },
        ]),
      );
      const { weights, v } = expected['guided_t0.5'];
      const field = new VelocityField(new FieldWeights(engine, shape, stored, [weights.cell_type, weights.batch]), 5);
      field.load({
        codes: [Int32Array.from(golden.labels.cell_type), Int32Array.from(golden.labels.batch)],
        rescaledSizes: rescaled,
        rescaledCovariates: [],
      });
      const out = engine.tensor([5, 4]);
      field.evaluate(out, 0.5, tensors.z);
      expectClose(await engine.download(out), v.flat());
      field.evaluate(out, new Float64Array(5).fill(0.5), tensors.z);
      expectClose(await engine.download(out), v.flat());
      expect(field.evaluations).toBe(6);
      field.release();
    });
  });
}

describe('the flow path', () => {
  it('is that of the authors', async () => {
    const engine = createReferenceEngine();
    const { path } = golden;
    const matrix = (rows: number[][]): Tensor => {
      const tensor = engine.tensor([5, 4]);
      engine.upload(tensor, rows.flat());
      return tensor;
    };
    const rows = engine.tensor([5], 'int32');
    engine.upload(rows, [0, 1, 2, 3, 4]);
    const times = engine.tensor([5]);
    engine.upload(times, path.t.flat());
    const zt = engine.tensor([5, 4]);
    const target = engine.tensor([5, 4]);
    engine.flowPath({ latents: matrix(path.z1), rows, times, noise: matrix(path.noise), zt, target, sigmaMin: path.sigma });
    expectClose(await engine.download(zt), path.z_t.flat());
    expectClose(await engine.download(target), path.u_t.flat());
    await engine.close();
  });
});
