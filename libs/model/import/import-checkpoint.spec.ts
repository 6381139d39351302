import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceEngine, type Engine } from '@cfgen/compute';
import { encodeSafetensors, type SparseRows, type Tensor } from '@cfgen/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAutoencoder } from '../autoencoder/load-network';
import { modelAutoencoderShape, modelFlowShape, type Model } from '../files/model';
import { loadModel, saveModel } from '../files/model-folder';
import { rescaledSize } from '../flow/size-range';
import { FieldWeights } from '../flow/field-weights';
import { VelocityField } from '../flow/velocity-field';
import { parseCheckpointFacts, type CheckpointFacts } from './checkpoint-facts';
import { readCheckpointFile } from './checkpoint-tensors';
import { importCheckpoint, type CheckpointImport } from './import-checkpoint';

type Weights = Record<string, number[] | number[][]>;
/** What the authors' networks compute in PyTorch float64. */
const golden = (name: string): unknown => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const autoencoder = golden('autoencoder_step') as {
  x: number[][];
  size_factor: number[][];
  weights_after: Weights;
  inference_after: { z: number[][]; mu: number[][] };
};
interface FlowCase {
  weights: Weights;
  unconditional: number[][];
  cond_cell_type: number[][];
  cond_batch: number[][];
  'guided_t0.5': { weights: { cell_type: number; batch: number }; v: number[][] };
}
const flow = golden('velocity_net') as {
  x: number[][];
  t: number[][];
  log_size_factor: { rna: number[][] };
  size_factor_min_max: [number, number];
  embeddings: Record<'cell_type' | 'batch', number[][]>;
  labels: Record<'cell_type' | 'batch', number[]>;
  plain: FlowCase;
  with_size_factor: FlowCase;
};

/** The latent sizes of the two golden networks differ; the autoencoder gets one more latent dimension that changes nothing. */
function widened(name: string, values: number[] | number[][]): number[] | number[][] {
  if (name === 'encoder.net.2.weight') return [...(values as number[][]), (values as number[][])[0].map(() => 0)];
  if (name === 'encoder.net.2.bias') return [...(values as number[]), 0];
  if (name === 'decoder.net.0.0.weight') return (values as number[][]).map((row) => [...row, 0]);
  return values;
}

function tensor(name: string, values: number[] | number[][]): Tensor {
  const shape = Array.isArray(values[0]) ? [values.length, values[0].length] : [values.length];
  return { name, dtype: 'F64', shape, data: Float64Array.from(values.flat()) };
}

/** A checkpoint of the flow as PyTorch Lightning keeps it: names as in the authors' code. */
function checkpointTensors(which: 'plain' | 'with_size_factor'): Tensor[] {
  return [
    ...Object.entries(autoencoder.weights_after).map(([name, values]) =>
      tensor(`encoder_model.${name.replace(/coder\.net/, 'coder.rna.net')}`, widened(name, values)),
    ),
    { name: 'encoder_model.encoder.rna.net.0.1.num_batches_tracked', dtype: 'I64', shape: [], data: BigInt64Array.of(1n) },
    ...Object.entries(flow[which].weights).map(([name, values]) => tensor(`denoising_model.${name}`, values)),
    ...(['cell_type', 'batch'] as const).map((name) => tensor(`feature_embeddings.${name}.embeddings.weight`, flow.embeddings[name])),
  ];
}

const facts = {
  format: 'cfgen-checkpoint',
  version: 1,
  modality_list: ['rna'],
  encoder: {},
  flow: { size_factor_min: flow.size_factor_min_max[0], size_factor_max: flow.size_factor_min_max[1] },
  covariate_list: ['cell_type', 'batch'],
  guidance_weights: { cell_type: 2, batch: 1.5 },
};
const parsed = (changes: object = {}): CheckpointFacts => parseCheckpointFacts(JSON.stringify({ ...facts, ...changes }), 'facts.json');

function request(tensors: readonly Tensor[], changes: Partial<CheckpointImport> = {}): CheckpointImport {
  return {
    tensors: readCheckpointFile(encodeSafetensors(tensors), 'checkpoint.safetensors').tensors,
    facts: parsed(),
    source: 'checkpoint.safetensors',
    features: { names: Array.from({ length: 12 }, (_, g) => `gene_${g}`), columns: {} },
    cells: {
      attributes: [
        { name: 'cell_type', role: 'label', categories: ['a', 'b', 'c'], codes: Int32Array.from([0, 1, 2, 0, 1, 2]) },
        { name: 'batch', role: 'batch', categories: ['x', 'y'], codes: Int32Array.from([0, 1, 0, 1, 0, 1]) },
      ],
      sizeFactors: Float64Array.from({ length: 6 }, (_, i) =>
        Math.exp(i === 0 ? flow.size_factor_min_max[0] : flow.size_factor_min_max[1]),
      ),
    },
    provenance: {
      version: '1.2.3',
      data: { name: 'train.h5ad', sha256: '0'.repeat(64), countsAt: 'X', cells: 6, features: 12 },
      notes: [],
    },
    ...changes,
  };
}

describe('an imported checkpoint', () => {
  let engine: Engine;
  let folder: string;

  beforeAll(() => {
    engine = createReferenceEngine();
    folder = mkdtempSync(join(tmpdir(), 'cfgen-import-'));
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
    expect(found.length).toBe(expected.length);
    expected.forEach((value, i) =>
      expect(Math.abs(found[i] - value), `element ${i}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))),
    );
  }

  async function expectSameAutoencoder(
    { description, ...weights }: Omit<Model, 'description'> & { description: Parameters<typeof modelAutoencoderShape>[0] },
    tolerance: number,
  ) {
    const network = loadAutoencoder(engine, modelAutoencoderShape(description), description.settings.autoencoder, weights.autoencoder);
    const z = network.encode({ counts: sparse(autoencoder.x), sizeFactors: autoencoder.size_factor.flat() });
    const latents = await engine.download(z);
    expectClose(
      latents,
      autoencoder.inference_after.z.flatMap((row) => [...row, 0]),
      tolerance,
    );
    const logits = await engine.download(network.decode(z));
    const means = autoencoder.x.flatMap((_, i) => {
      const row = [...logits.slice(12 * i, 12 * i + 12)].map(Math.exp);
      const total = row.reduce((sum, value) => sum + value, 0);
      return row.map((value) => (autoencoder.size_factor[i][0] * value) / total);
    });
    expectClose(means, autoencoder.inference_after.mu.flat(), tolerance);
    network.release();
  }

  async function expectSameField(model: Pick<Model, 'description' | 'flow'>, which: 'plain' | 'with_size_factor', tolerance: number) {
    const { description } = model;
    const shape = modelFlowShape(description);
    const z = engine.tensor([5, 4]);
    engine.upload(z, flow.x.flat());
    const out = engine.tensor([5, 4]);
    const velocity = async (guidance: readonly number[], t: number | Float64Array): Promise<ArrayLike<number>> => {
      const weights = new FieldWeights(engine, shape, model.flow, guidance);
      const field = new VelocityField(weights, 5);
      field.load({
        codes: [Int32Array.from(flow.labels.cell_type), Int32Array.from(flow.labels.batch)],
        rescaledSizes: Float64Array.from(flow.log_size_factor.rna.flat(), (l) => rescaledSize(Math.exp(l), description.sizeRange)),
        rescaledCovariates: [],
      });
      field.evaluate(out, t, z);
      const values = await engine.download(out);
      field.release();
      weights.release();
      return values;
    };
    const times = Float64Array.from(flow.t.flat());
    const expected = flow[which];
    expectClose(await velocity([0, 0], times), expected.unconditional.flat(), tolerance);
    expectClose(await velocity([1, 0], times), expected.cond_cell_type.flat(), tolerance);
    expectClose(await velocity([0, 1], times), expected.cond_batch.flat(), tolerance);
    const guided = expected['guided_t0.5'];
    expectClose(await velocity([guided.weights.cell_type, guided.weights.batch], 0.5), guided.v.flat(), tolerance);
    engine.release(z, out);
  }

  it.each(['plain', 'with_size_factor'] as const)(
    'computes what the authors compute: latents, means and guided velocities (%s), from memory and from its folder',
    async (which) => {
      const { model } = importCheckpoint(request(checkpointTensors(which)));
      const unsaved = { ...model, description: { ...model.description, files: {} as Model['description']['files'] } };
      await expectSameAutoencoder(unsaved, 1e-9);
      await expectSameField(unsaved, which, 1e-9);
      const out = join(folder, which);
      saveModel(out, model);
      const loaded = loadModel(out);
      await expectSameAutoencoder(loaded, 1e-5);
      await expectSameField(loaded, which, 1e-5);
    },
  );

  it('has the sizes of its tensors, the labels of the cells, and the guidance weight of its first column', () => {
    const { model, problems } = importCheckpoint(request(checkpointTensors('with_size_factor')));
    const { settings, attributes, combinations, sizeRange } = model.description;
    expect(settings).toMatchObject({
      preset: 'imported',
      guidance: 2,
      autoencoder: { latent: 4, hidden: [8, 5], input: 'log1p', head: { kind: 'deterministic' } },
      flow: { hidden: 8, embedding: 6, blocks: 3, sizeFactorConditioning: true, standardise: false },
      solver: { method: 'dopri5', tolerance: 1e-5 },
    });
    expect(attributes).toMatchObject([
      { name: 'cell_type', categories: ['a', 'b', 'c'], counts: [2, 2, 2] },
      { name: 'batch', role: 'batch', counts: [3, 3] },
    ]);
    expect(combinations).toHaveLength(6);
    expect([sizeRange.min, sizeRange.max]).toEqual(flow.size_factor_min_max);
    expect(problems.map(({ code }) => code)).toEqual(['import-guidance']);
  });

  it('is taken from an autoencoder file of its own when one is given', () => {
    const all = checkpointTensors('plain');
    const split = (prefix: string, keep: boolean) =>
      readCheckpointFile(
        encodeSafetensors(
          all
            .filter(({ name }) => name.startsWith(prefix) === keep)
            .map((one) => ({ ...one, name: keep ? one.name.slice(prefix.length) : one.name })),
        ),
        'part.safetensors',
      ).tensors;
    const apart = importCheckpoint(request([], { tensors: split('encoder_model.', false), autoencoder: split('encoder_model.', true) }));
    expect(apart).toEqual(importCheckpoint(request(all)));
  });

  it('without batch norm gets one that changes nothing', async () => {
    const plain = checkpointTensors('plain').filter(({ name }) => !/coder\.rna\.net\.\d\.1\./.test(name));
    const { model } = importCheckpoint(request(plain));
    const { description } = model;
    const shape = modelAutoencoderShape({ ...description, files: {} as Model['description']['files'] });
    const network = loadAutoencoder(engine, shape, description.settings.autoencoder, model.autoencoder);
    const z = await engine.download(network.encode({ counts: sparse(autoencoder.x), sizeFactors: autoencoder.size_factor.flat() }));
    const w = (name: string) => widened(`encoder.net.${name}`, autoencoder.weights_after[`encoder.net.${name}`]);
    const linear = (input: readonly number[], layer: string) =>
      (w(`${layer}.weight`) as number[][]).map((row, o) =>
        row.reduce((sum, x, i) => sum + x * input[i], (w(`${layer}.bias`) as number[])[o]),
      );
    const elu = (input: readonly number[]) => input.map((x) => (x > 0 ? x : Math.expm1(x)));
    const expected = autoencoder.x.flatMap((row) => linear(elu(linear(elu(linear(row.map(Math.log1p), '0.0')), '1.0')), '2'));
    expectClose(z, expected, 1e-9);
    network.release();
  });

  it.each<[string, (tensors: Tensor[]) => Tensor[], object, string]>([
    ['a missing tensor', (all) => all.filter(({ name }) => !name.endsWith('net_in.bias')), {}, 'tensor net_in.bias is missing, needed: 8'],
    [
      'a tensor of another shape',
      (all) => all.map((one) => (one.name.endsWith('net_in.weight') ? tensor(one.name, [[1, 2, 3]]) : one)),
      {},
      'tensor net_in.weight has shape 1 x 3, needed: any x 4',
    ],
    ['a tensor too many', (all) => [...all, tensor('denoising_model.skip.weight', [1])], {}, 'no place in the model: skip.weight'],
    [
      'layer norm',
      (all) => [...all, tensor('denoising_model.blocks.0.net1.0.weight', [1, 1, 1, 1, 1, 1, 1, 1])],
      {},
      'normalises between its layers (normalization: layer)',
    ],
    [
      'dispersions by category',
      (all) =>
        all.map((one) =>
          one.name === 'encoder_model.theta'
            ? tensor(one.name, [
                [1, 2],
                [3, 4],
              ])
            : one,
        ),
      {},
      'an inverse dispersion for each category and gene',
    ],
    ['two modalities', (all) => all, { modality_list: ['rna', 'atac'] }, 'trained on rna and atac'],
    ['another activation', (all) => all, { encoder: { activation: 'SELU' } }, 'uses SELU'],
    ['labels that were never shown', (all) => all, { flow: { conditional: false } }, 'not to look at it (conditional: False)'],
    ['labels that were always shown together', (all) => all, { flow: { guided_conditioning: false } }, 'cell_type and batch together'],
  ])('with %s is refused, saying so', (_what, change, changes, message) => {
    const tensors = change(checkpointTensors('plain'));
    expect(() => importCheckpoint(request(tensors, { facts: parsed(changes) }))).toThrow(message);
  });

  it('that is conditioned on library sizes is refused without their range, and told apart from other cells', () => {
    const tensors = checkpointTensors('with_size_factor');
    expect(() => importCheckpoint(request(tensors, { facts: parsed({ flow: {} }) }))).toThrow('does not say how it was scaled');
    const other = request(tensors);
    const cells = { ...other.cells, sizeFactors: other.cells.sizeFactors.map((l) => 2 * l) };
    expect(importCheckpoint({ ...other, cells }).problems[0]).toMatchObject({ severity: 'warning', code: 'import-other-cells' });
  });

  it('is refused for data with other genes or values', () => {
    const given = request(checkpointTensors('plain'));
    expect(() => importCheckpoint({ ...given, features: { names: ['a'], columns: {} } })).toThrow('is of 12 genes, the data has 1');
    const attributes = given.cells.attributes.map((one) => ({ ...one, categories: one.categories.slice(0, 2) }));
    expect(() => importCheckpoint({ ...given, cells: { ...given.cells, attributes } })).toThrow(
      'knows 3 values of cell_type, the data has 2',
    );
  });

  it('is refused when its numbers are not finite, or its description is none', () => {
    const broken = encodeSafetensors([tensor('theta', [1, NaN])]);
    expect(() => readCheckpointFile(broken, 'c.safetensors')).toThrow('tensor theta holds NaN at element 1');
    expect(() => parseCheckpointFacts('{', 'facts.json')).toThrow('facts.json is not valid JSON');
    expect(() => parseCheckpointFacts('{"format":"cfgen-checkpoint","version":1}', 'facts.json')).toThrow('modality_list');
  });
});

function sparse(x: readonly (readonly number[])[]): SparseRows {
  const entries = x.map((row) => row.flatMap((value, gene) => (value === 0 ? [] : [[gene, value] as const])));
  const indptr = Uint32Array.from({ length: x.length + 1 }, (_, r) => entries.slice(0, r).reduce((sum, row) => sum + row.length, 0));
  const flat = entries.flat();
  return {
    rows: x.length,
    columns: x[0].length,
    indptr,
    indices: Uint32Array.from(flat, ([gene]) => gene),
    values: Float32Array.from(flat, ([, value]) => value),
  };
}
