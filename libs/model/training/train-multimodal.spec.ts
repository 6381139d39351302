import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceEngine, createWasmEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointFolder } from '../files/checkpoint-folder';
import { loadModel, saveModel } from '../files/model-folder';
import type { Model } from '../files/model';
import { generateCells } from '../generation/generate-cells';
import { planConditions } from '../priors/condition-plan';
import { priorConditions } from '../priors/draw-conditions';
import { latentSize } from '../settings/latent-size';
import type { ModelSettings } from '../settings/model-settings';
import { preset } from '../settings/presets';
import { toyMultimodalCells, toyMultimodalSettings } from '../testing/toy-multimodal-cells';
import { trainModel, type TrainingRequest } from './train-model';

const cells = toyMultimodalCells();
const table = (name: string, size: number) => ({ names: Array.from({ length: size }, (_, i) => `${name}${i}`), columns: {} });

function requestOf(settings: ModelSettings): TrainingRequest {
  return {
    ...{ cells, settings, seed: 3, features: table('gene', 30), atac: table('peak', 42) },
    provenance: { version: '0.0.0', data: { name: 'toy', sha256: '0'.repeat(64), countsAt: 'X', cells: 240, features: 30 }, notes: [] },
  };
}

interface Drawn {
  readonly genes: number[][];
  readonly peaks: number[][];
}

/** Counts of generated cells of one type, dense. */
async function drawn(engine: Engine, model: Model, type: string, count: number, chunkCells = 512): Promise<Drawn> {
  const { attributes, combinations, sizeFactorPrior, settings } = model.description;
  const plan = planConditions(attributes, combinations, new Map([['cell_type', [type]]]));
  const conditions = priorConditions(plan, sizeFactorPrior, { kind: 'prior' }, attributes.length, 5);
  const request = { cells: count, conditions, guidance: [1, 0], solver: settings.solver, seed: 5, output: 'counts' as const, chunkCells };
  const result: Drawn = { genes: [], peaks: [] };
  for await (const chunk of generateCells(engine, model, request)) {
    for (const [rows, into] of [
      [chunk.counts!, result.genes],
      [chunk.atac!.counts!, result.peaks],
    ] as const) {
      for (let r = 0; r < rows.rows; r++) {
        const row = new Array<number>(rows.columns).fill(0);
        for (let k = rows.indptr[r]; k < rows.indptr[r + 1]; k++) row[rows.indices[k]] = rows.values[k];
        into.push(row);
      }
    }
  }
  return result;
}

/** Share of what is counted in the features of a type. */
function shareOf(rows: readonly number[][], type: number): number {
  const sums = rows.reduce((total, row) => total.map((sum, j) => sum + row[j]), new Array<number>(rows[0].length).fill(0));
  const all = sums.reduce((total, x) => total + x, 0);
  return sums.reduce((total, x, j) => total + (j % 3 === type ? x : 0), 0) / all;
}

describe.each([
  ['a joint latent', {}],
  ['separate latents', { latents: 'separate', rna: { hidden: [16], code: 3 }, atac: { hidden: [16], code: 3 } }],
  ['counts of peaks', { atac: { hidden: [16], code: 8, input: 'log1p', likelihood: 'poisson' } }],
] as const)('a model of RNA and ATAC with %s', (name, change) => {
  let folder: string;
  let engine: Engine;
  let model: Model;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cfgen-multimodal-'));
    engine = createReferenceEngine();
    const settings = toyMultimodalSettings();
    const base = settings.multimodal!;
    const multimodal = { ...base, ...change, atac: { ...base.atac, ...('atac' in change ? change.atac : {}) } } as typeof base;
    const before = engine.allocatedBytes();
    saveModel(join(folder, 'model'), await trainModel(engine, requestOf({ ...settings, multimodal })));
    expect(engine.allocatedBytes()).toBe(before);
    model = loadModel(join(folder, 'model'));
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await engine.close();
  });

  it('is a folder that tells both modalities, in the format that knows them', () => {
    const { description } = model;
    expect(description).toMatchObject({ formatVersion: 2, modality: 'rna+atac', atac: { features: table('peak', 42) } });
    expect(description.latentScale.mean).toHaveLength(latentSize(description.settings));
    const { history, bestEpoch } = description.training.autoencoder;
    const { rna, atac } = history[bestEpoch].modalities!;
    expect(rna + atac).toBeCloseTo(history[bestEpoch].validation!, 4);
    expect(atac).toBeLessThan(history[0].modalities!.atac);
    expect(description.atacTotals === undefined).toBe(name !== 'counts of peaks');
    expect(readFileSync(join(folder, 'model', 'README.md'), 'utf8')).toContain('42 peaks');
  });

  it('generates cells whose genes and peaks are both those of the type that was asked for', async () => {
    for (const [type, label] of ['A', 'B', 'C'].entries()) {
      const { genes, peaks } = await drawn(engine, model, label, 40);
      expect(genes).toHaveLength(40);
      // 6 of 8 parts of the counts, and 7 of 9 of the open peaks, are those of the type in the training cells; 1 of 3 by chance.
      expect(shareOf(genes, type)).toBeGreaterThan(0.65);
      expect(shareOf(peaks, type)).toBeGreaterThan(0.6);
      const largest = Math.max(...peaks.flat());
      if (name === 'counts of peaks') expect(largest).toBeGreaterThan(1);
      else expect(largest).toBe(1);
    }
  }, 60_000);

  it('draws the same cells whatever the chunks and threads', async () => {
    const wasm = await Promise.all([1, 2].map((threads) => createWasmEngine({ threads })));
    const expected = await drawn(wasm[0], model, 'B', 37);
    expect(await drawn(wasm[0], model, 'B', 37, 5)).toEqual(expected);
    expect(await drawn(wasm[1], model, 'B', 37, 16)).toEqual(expected);
    for (const opened of wasm) await opened.close();
  }, 60_000);
});

describe('an interrupted training of both modalities', () => {
  it('goes on to the same bits', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cfgen-multimodal-resume-'));
    const engine = await createWasmEngine({ threads: 2 });
    const settings = toyMultimodalSettings();
    const request: TrainingRequest = {
      ...requestOf({
        ...settings,
        autoencoder: { ...settings.autoencoder, epochs: 5 },
        flow: { ...settings.flow, duration: { unit: 'steps', steps: 40 } },
      }),
      checkpointEvery: { epochs: 2, steps: 20 },
    };
    const expected = await trainModel(engine, request);
    for (const [stage, done] of [
      ['autoencoder', 20],
      ['flow', 30],
    ] as const) {
      const checkpoints = CheckpointFolder.resume(folder, {}) ?? CheckpointFolder.create(folder, {});
      const controller = new AbortController();
      const onProgress = (progress: { stage: string; done: number }): void => {
        if (progress.stage === stage && progress.done >= done) controller.abort();
      };
      await expect(trainModel(engine, { ...request, checkpoints }, { onProgress, signal: controller.signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
    }
    const resumed = await trainModel(engine, { ...request, checkpoints: CheckpointFolder.resume(folder, {})! });
    expect(resumed.description).toEqual(expected.description);
    expect(resumed.autoencoder).toEqual(expected.autoencoder);
    expect(resumed.flow).toEqual(expected.flow);
    rmSync(folder, { recursive: true });
    await engine.close();
  }, 120_000);
});

describe('settings for two modalities', () => {
  it('are refused for cells with one, and filled in from the preset for cells with both', async () => {
    const engine = createReferenceEngine();
    const { atac: _peaks, ...rna } = cells;
    const { atac: _names, ...request } = requestOf(toyMultimodalSettings());
    await expect(trainModel(engine, { ...request, cells: rna })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await engine.close();
    expect(preset('paper').multimodal).toBeUndefined();
  });
});
