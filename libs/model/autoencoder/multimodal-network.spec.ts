import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { RandomStream, randomKey } from '@cfgen/math';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeSettings } from '../settings/complete-settings';
import type { ModelSettings, MultimodalSettings } from '../settings/model-settings';
import { preset } from '../settings/presets';
import { toyMultimodalCells } from '../testing/toy-multimodal-cells';
import { autoencoderShape, modalityShapes, type AutoencoderShape } from './architecture';
import { countMoments } from './count-moments';
import { initialAutoencoder } from './initialisation';
import { AutoencoderNetwork, type AutoencoderBatch } from './network';
import { peakBias } from './peak-profile';

const cells = toyMultimodalCells(24);
const rows = Uint32Array.from({ length: 24 }, (_, i) => i);

function batchOf(): AutoencoderBatch {
  return {
    counts: cells.counts.gather(rows),
    sizeFactors: cells.sizeFactors,
    labels: cells.attributes[0].codes,
    atac: { counts: cells.atac.counts.gather(rows), sizeFactors: cells.atac.sizeFactors },
  };
}

function shapeOf(change: Partial<MultimodalSettings>, head: ModelSettings['autoencoder']['head']): AutoencoderShape {
  const settings = { ...preset('best').autoencoder, head };
  const small: MultimodalSettings = {
    ...{ latents: 'joint', learningRateFactor: 1, latent: 3, rna: { hidden: [7, 6], code: 5 } },
    atac: { hidden: [8], code: 4, input: 'binary', likelihood: 'bernoulli' },
    ...change,
  };
  return autoencoderShape(settings, cells.counts.columns, 3, { settings: small, peaks: cells.atac.counts.columns });
}

const peaksAsCounts: MultimodalSettings['atac'] = { hidden: [8], code: 4, input: 'log1p', likelihood: 'poisson' };
const variants: [string, AutoencoderShape][] = [
  ['a joint latent', shapeOf({}, { kind: 'deterministic' })],
  ['a joint variational latent and counts of peaks', shapeOf({ atac: peaksAsCounts }, { kind: 'variational', klWeight: 0.3 })],
  ['separate latents', shapeOf({ latents: 'separate' }, { kind: 'deterministic' })],
];

describe('the widths of the paper', () => {
  it('are those of its table: codes of 100, one joint layer, decoders with the joint width in front', () => {
    const { autoencoder, multimodal } = completeSettings(preset('paper'), true);
    const shape = autoencoderShape(autoencoder, 2000, 0, { settings: multimodal!, peaks: 5000 });
    const [rna, atac] = modalityShapes(shape);
    expect(shape.latent).toBe(100);
    expect(rna).toMatchObject({ encoder: { inputs: 2000, hidden: [512, 300], outputs: 100 } });
    expect(rna).toMatchObject({ decoder: { inputs: 100, hidden: [100, 300, 512], outputs: 2000 } });
    expect(atac).toMatchObject({ encoder: { inputs: 5000, hidden: [1024, 512], outputs: 100 } });
    expect(atac).toMatchObject({ decoder: { inputs: 100, hidden: [100, 512, 1024], outputs: 5000 } });
  });
});

describe.each(variants)('the network of RNA and ATAC with %s', (_name, shape) => {
  let engine: Engine;
  let network: AutoencoderNetwork;
  const weights = { kl: 0.3, label: 2 };
  const random = {
    ...{ dropoutKey: randomKey(1, 'dropout'), atacDropoutKey: randomKey(1, 'dropout/atac') },
    ...{ noiseKey: randomKey(1, 'noise'), step: 0 },
  };

  const start = (target: AutoencoderNetwork): void => {
    const moments = countMoments(cells.counts, rows, cells.sizeFactors, cells.attributes[0].codes, 3);
    const peaks = peakBias(cells.atac, rows, shape.atac!.likelihood);
    for (const [name, data] of initialAutoencoder(shape, preset('best').autoencoder, moments, 1, peaks)) {
      target.engine.upload(target.parameters.value(name), data);
    }
  };
  /** Mean over cells of what is minimised. */
  const objective = async (): Promise<number> => {
    const { rowLoss, rowAtacLoss, rowKl, rowLabelLoss } = network.trainStep(batchOf(), weights, random);
    let sum = 0;
    for (const [tensor, weight] of [
      [rowLoss, 1],
      [rowAtacLoss, 1],
      [rowKl, weights.kl],
      [rowLabelLoss, weights.label],
    ] as const) {
      if (tensor !== undefined) for (const value of await engine.download(tensor)) sum += (weight * value) / rows.length;
    }
    return sum;
  };

  beforeAll(() => {
    engine = createReferenceEngine();
    network = new AutoencoderNetwork(engine, shape, { input: 'log1p-normalised', dropout: 0.2, trainable: true });
    start(network);
  });
  afterAll(() => engine.close());

  it('has the gradient that finite differences give, in every tensor', async () => {
    await objective();
    const found = new Map<string, ArrayLike<number>>();
    for (const { name } of network.parameters.specs) found.set(name, await engine.download(network.parameters.gradient(name)));
    const pick = new RandomStream(randomKey(5, 'elements'));
    const h = 1e-5;
    for (const { name, shape: dimensions } of network.parameters.specs) {
      const value = network.parameters.value(name);
      const size = dimensions.reduce((product, n) => product * n, 1);
      for (let n = 0; n < 3; n++) {
        const at = pick.below(size);
        const [old] = await engine.download(value, at, at + 1);
        const shifted = async (by: number): Promise<number> => {
          engine.upload(value, [old + by], at);
          return objective();
        };
        const difference = ((await shifted(h)) - (await shifted(-h))) / (2 * h);
        engine.upload(value, [old], at);
        const gradient = found.get(name)![at];
        expect(Math.abs(gradient - difference), `${name}[${at}]`).toBeLessThan(1e-6 + 1e-5 * Math.abs(difference));
      }
    }
  });

  it('starts at the profiles of both modalities: with no latent signal every cell has the mean proportions', async () => {
    for (const { modality, decoder } of modalityShapes(shape)) {
      const bias = await engine.download(network.parameters.value(`${decoder.prefix}.out.bias`));
      const counts = (modality === 'rna' ? cells : cells.atac).counts.gather(rows);
      const { likelihood } = shape.atac!;
      const sums = new Float64Array(bias.length);
      for (let k = 0; k < counts.indptr[rows.length]; k++) {
        sums[counts.indices[k]] += modality === 'atac' && likelihood === 'bernoulli' ? 1 : counts.values[k];
      }
      const total = sums.reduce((sum, x) => sum + x, 0);
      const share = (x: number): number => {
        if (modality === 'atac' && likelihood === 'bernoulli') return Math.log((x + 0.5) / (rows.length - x + 0.5));
        return Math.log((x + 0.5) / (total + 0.5 * bias.length));
      };
      sums.forEach((x, j) => expect(bias[j]).toBeCloseTo(share(x), 5));
    }
  });

  it('encodes and decodes the same on the WebAssembly engine, whatever the threads, and a cell the same alone as among others', async () => {
    const latents: number[][] = [];
    for (const threads of [1, 2]) {
      const wasm = await createWasmEngine({ threads });
      const copy = new AutoencoderNetwork(wasm, shape, { input: 'log1p-normalised', dropout: 0, trainable: false });
      start(copy);
      const whole = [...(await wasm.download(copy.encode(batchOf())))];
      const first = rows.subarray(0, 1);
      const alone = copy.encode({
        counts: cells.counts.gather(first),
        sizeFactors: cells.sizeFactors.subarray(0, 1),
        atac: { counts: cells.atac.counts.gather(first), sizeFactors: cells.atac.sizeFactors.subarray(0, 1) },
      });
      expect([...(await wasm.download(alone))]).toEqual(whole.slice(0, shape.latent));
      latents.push(whole);
      copy.release();
      expect(wasm.allocatedBytes()).toBe(0);
      await wasm.close();
    }
    expect(latents[1]).toEqual(latents[0]);
  });
});
