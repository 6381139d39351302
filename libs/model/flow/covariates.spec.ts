import { createReferenceEngine, type Engine, type Tensor } from '@cfgen/compute';
import { RandomStream, randomKey } from '@cfgen/math';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../files/model';
import { encodeModel } from '../files/encode-model';
import { modelHash } from '../files/model-folder';
import { generateCells } from '../generation/generate-cells';
import { planConditions } from '../priors/condition-plan';
import { covariateChoice } from '../priors/covariates';
import { priorConditions, type Conditions } from '../priors/draw-conditions';
import { toyCells, toySettings } from '../testing/toy-cells';
import { trainModel } from '../training/train-model';
import { initialFlow, type FlowShape } from './architecture';
import { FlowNetwork } from './network';
import { FieldWeights } from './field-weights';
import { VelocityField } from './velocity-field';

const base = { latent: 3, hidden: 8, embedding: 6, blocks: 2, categories: [2] };

describe('a network that is told a covariate', () => {
  const withSize: FlowShape = { ...base, sizeFactorConditioning: true, covariates: 0 };
  const withCovariate: FlowShape = { ...base, sizeFactorConditioning: false, covariates: 1 };
  const weights = (shape: FlowShape): Map<string, Float32Array> => {
    const start = initialFlow(withSize, 5);
    // Blocks start as the identity: without weights there the condition would not matter.
    const random = new RandomStream(randomKey(5, 'second'));
    for (const [name, data] of start) if (name.includes('.second.')) data.forEach((_, i) => (data[i] = 0.3 * random.normal()));
    if (shape === withSize) return start;
    return new Map([...start].map(([name, data]) => [name.replace(/^size\./, 'covariate.0.'), data]));
  };

  it('gives the numbers of one that is told a size factor by the same weights, forwards, backwards and guided', async () => {
    const engine = createReferenceEngine();
    const random = new RandomStream(randomKey(6, 'rows'));
    const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());
    const upload = (shape: number[], data: ArrayLike<number>, dtype: 'real' | 'int32' = 'real'): Tensor => {
      const tensor = engine.tensor(shape, dtype);
      engine.upload(tensor, data);
      return tensor;
    };
    const rows = 4;
    const numbers = draw(rows).map(Math.abs);
    const codes = Int32Array.of(0, 1, -1, 1);
    const z = upload([rows, 3], draw(rows * 3));
    const dOut = upload([rows, 3], draw(rows * 3));
    const conditions = {
      times: upload([rows], draw(rows).map(Math.abs)),
      numbers: [upload([rows], numbers)],
      categories: [upload([rows], codes, 'int32')],
    };
    const results = [];
    for (const shape of [withSize, withCovariate]) {
      const network = new FlowNetwork(engine, shape, { trainable: true });
      for (const [name, data] of weights(shape)) engine.upload(network.parameters.value(name), data);
      const velocity = await engine.download(network.forward(z, conditions));
      network.backward(z, dOut, conditions);
      const gradients = [];
      for (const { name } of network.parameters.specs) gradients.push(await engine.download(network.parameters.gradient(name)));
      const stored = new Map(network.parameters.specs.map((s) => [s.name, { shape: s.shape, data: weights(shape).get(s.name)! }]));
      const field = new VelocityField(new FieldWeights(engine, shape, stored, [2]), rows);
      const none = new Float64Array(rows);
      field.load({
        codes: [codes],
        rescaledSizes: shape === withSize ? numbers : none,
        rescaledCovariates: shape === withSize ? [] : [numbers],
      });
      const out = engine.tensor([rows, 3]);
      field.evaluate(out, 0.3, z);
      results.push({ velocity, gradients, guided: await engine.download(out) });
    }
    expect(results[1]).toEqual(results[0]);
    expect(Math.max(...results[0].gradients.map((g) => Math.max(...Array.from(g, Math.abs))))).toBeGreaterThan(0.1);
    await engine.close();
  });

  it('refuses to do without it', () => {
    const engine = createReferenceEngine();
    const network = new FlowNetwork(engine, withCovariate, { trainable: false });
    const z = engine.tensor([1, 3]);
    expect(() => network.forward(z, { times: engine.tensor([1]), numbers: [], categories: [] })).toThrow(/told 1 numbers/);
  });
});

describe('a model trained with a covariate', () => {
  let engine: Engine;
  let model: Model;
  /** The later a cell, the more of gene 0 and the larger. */
  const source = toyCells(200, 12);
  const stage = Float64Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) / 20 - 4);

  beforeAll(async () => {
    engine = createReferenceEngine();
    const gather = source.counts.gather.bind(source.counts);
    const counts = {
      ...source.counts,
      gather: (rows: ArrayLike<number>) => {
        const block = gather(rows as Uint32Array);
        const values = block.values.slice();
        for (let r = 0; r < block.rows; r++) {
          for (let k = block.indptr[r]; k < block.indptr[r + 1]; k++) {
            if (block.indices[k] === 0) values[k] = Math.round(values[k] * Math.exp(0.3 * stage[rows[r]]));
          }
        }
        return { ...block, values };
      },
    };
    const settings = toySettings();
    const trained = await trainModel(engine, {
      cells: {
        ...{ counts, attributes: source.attributes, covariates: [{ name: 'stage', values: stage }] },
        sizeFactors: source.sizeFactors.map((l, i) => l * Math.exp(0.1 * stage[i])),
      },
      settings: { ...settings, autoencoder: { ...settings.autoencoder, epochs: 60, labelHeadWeight: 0 } },
      seed: 3,
      features: { names: Array.from({ length: 12 }, (_, g) => `gene${g}`), columns: {} },
      provenance: { version: '0.0.0', data: { name: 'toy', sha256: '0'.repeat(64), countsAt: 'X', cells: 200, features: 12 }, notes: [] },
    });
    model = { ...trained, description: encodeModel(trained).description };
  }, 120_000);
  afterAll(() => engine.close());

  const drawn = (fixed: [string, number][], cells: number): Conditions => {
    const { attributes, combinations, sizeFactorPrior } = model.description;
    const choice = covariateChoice(model.description, new Map(fixed));
    const plan = planConditions(attributes, combinations, new Map());
    return priorConditions(plan, sizeFactorPrior, { kind: 'prior' }, attributes.length, 5, choice).draw(0, cells);
  };

  it('is written in format 2, with what covariates are drawn from', () => {
    const { covariates, covariateSamples, combinations } = model.description;
    const [{ min, max, mean }] = covariates;
    expect(min).toBe(-4);
    expect(max).toBeCloseTo(5.95, 9);
    expect(mean).toBeCloseTo(0.975, 9);
    expect(covariateSamples.map(({ codes, logSizes }) => [codes, logSizes.length])).toEqual(
      combinations.map(({ codes, count }) => [codes, count]),
    );
    const json = Buffer.from(encodeModel(model).files.get('model.json')!).toString();
    expect((JSON.parse(json) as { formatVersion: number }).formatVersion).toBe(2);
    expect(modelHash(model.description)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('draws it from the training cells of the same labels, together with the size factor', () => {
    const { codes, covariates, sizeFactors } = drawn([], 4000);
    const known = model.description.covariateSamples;
    covariates[0].forEach((value, i) => {
      const sample = known.find((one) => one.codes.every((code, k) => code === codes[k][i]))!;
      expect(sample.values[0]).toContain(value);
    });
    // Within type A, ln l rises by 0.1 with each unit, as in training; the noise of ln l (0.3) makes the slope uncertain by 0.003.
    const cells = Array.from({ length: 4000 }, (_, i) => i).filter((i) => codes[0][i] === 0);
    const mean = (of: (i: number) => number): number => cells.reduce((sum, i) => sum + of(i), 0) / cells.length;
    const centre = mean((i) => covariates[0][i]);
    const slope = mean((i) => (covariates[0][i] - centre) * Math.log(sizeFactors[i])) / mean((i) => (covariates[0][i] - centre) ** 2);
    expect(slope).toBeGreaterThan(0.06);
    expect(slope).toBeLessThan(0.14);
  });

  it('takes the value that is asked for in every cell, and refuses others by name', () => {
    expect(new Set(drawn([['stage', 2.5]], 50).covariates[0])).toEqual(new Set([2.5]));
    expect(() => drawn([['age', 1]], 1)).toThrow(/not trained with a covariate "age"/);
    expect(() => drawn([['stage', NaN]], 1)).toThrow(/stage is to be NaN/);
  });

  it('generates late cells with more of the gene that rises', async () => {
    const share = async (value: number): Promise<number> => {
      const { attributes, combinations, sizeFactorPrior, settings } = model.description;
      const plan = planConditions(attributes, combinations, new Map());
      const choice = covariateChoice(model.description, new Map([['stage', value]]));
      const conditions = priorConditions(plan, sizeFactorPrior, { kind: 'fixed', value: 1 }, attributes.length, 5, choice);
      const request = { cells: 60, conditions, guidance: [1, 0], solver: settings.solver, seed: 5, output: 'means' as const };
      let sum = 0;
      for await (const { means } of generateCells(engine, model, request)) for (let i = 0; i < 60; i++) sum += means![i * 12];
      return sum / 60;
    };
    expect(await share(5)).toBeGreaterThan(1.5 * (await share(-3)));
  });
});
