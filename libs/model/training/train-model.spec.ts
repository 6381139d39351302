import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReferenceEngine, type Engine } from '@cfgen/compute';
import type { CfgenError } from '@cfgen/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointFolder } from '../files/checkpoint-folder';
import { loadModel, saveModel } from '../files/model-folder';
import type { Model } from '../files/model';
import { generateCells, type GenerationRequest } from '../generation/generate-cells';
import { planConditions } from '../priors/condition-plan';
import { givenConditions, priorConditions } from '../priors/draw-conditions';
import { toyCells, toySettings } from '../testing/toy-cells';
import { trainModel, type TrainingRequest } from './train-model';

const cells = toyCells();
const request: TrainingRequest = {
  cells,
  settings: toySettings(),
  seed: 3,
  features: { names: Array.from({ length: cells.counts.columns }, (_, g) => `gene${g}`), columns: {} },
  provenance: {
    version: '0.0.0',
    data: { name: 'toy', sha256: '0'.repeat(64), countsAt: 'X', cells: cells.counts.rows, features: cells.counts.columns },
    notes: [],
  },
};

async function countsOf(engine: Engine, model: Model, change: Partial<GenerationRequest>, where = new Map<string, string[]>()) {
  const { description } = model;
  const plan = planConditions(description.attributes, description.combinations, where);
  const conditions = priorConditions(plan, description.sizeFactorPrior, { kind: 'prior' }, description.attributes.length, 5);
  const rows: number[][] = [];
  const types: number[] = [];
  const defaults: GenerationRequest = {
    cells: 60,
    conditions,
    guidance: [1, 0],
    solver: description.settings.solver,
    seed: 5,
    output: 'counts',
  };
  for await (const chunk of generateCells(engine, model, { ...defaults, ...change })) {
    types.push(...chunk.conditions.codes[0]);
    const { counts } = chunk;
    for (let r = 0; r < chunk.conditions.cells; r++) {
      const row = new Array<number>(description.features.names.length).fill(0);
      if (counts === undefined) row.splice(0, row.length, ...chunk.means!.slice(r * row.length, (r + 1) * row.length));
      else for (let k = counts.indptr[r]; k < counts.indptr[r + 1]; k++) row[counts.indices[k]] = counts.values[k]!;
      rows.push(row);
    }
  }
  return { rows, types };
}

describe('a model trained on three toy cell types', () => {
  let folder: string;
  let engine: Engine;
  let model: Model;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cfgen-model-'));
    engine = createReferenceEngine();
    const before = engine.allocatedBytes();
    saveModel(join(folder, 'model'), await trainModel(engine, request));
    expect(engine.allocatedBytes()).toBe(before);
    model = loadModel(join(folder, 'model'));
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await engine.close();
  });

  it('has learnt: losses fall, and the best epoch is kept', () => {
    const { autoencoder, flow } = model.description.training;
    const losses = autoencoder.history.map((entry) => entry.validation!);
    expect(Math.min(...losses)).toBe(losses[autoencoder.bestEpoch]);
    expect(losses[autoencoder.bestEpoch]).toBeLessThan(losses[0]);
    expect(flow.history.at(-1)!.loss).toBeLessThan(0.8 * flow.history[0].loss);
  });

  it('generates the marker genes of the type that was asked for', async () => {
    for (const [type, name] of ['A', 'B', 'C'].entries()) {
      const { rows } = await countsOf(engine, model, { cells: 40 }, new Map([['cell_type', [name]]]));
      const markers = rows.reduce((sum, row) => sum + row.reduce((s, x, g) => s + (g % 3 === type ? x : 0), 0), 0);
      const all = rows.reduce((sum, row) => sum + row.reduce((s, x) => s + x, 0), 0);
      // 6 of 8 parts of the profile are markers (all three types have the same share).
      expect(markers / all).toBeGreaterThan(0.65);
    }
  }, 60_000);

  it('gives the same cells whatever the chunk size, and other cells for another seed', async () => {
    const whole = await countsOf(engine, model, { cells: 23 });
    expect(await countsOf(engine, model, { cells: 23, chunkCells: 1 })).toEqual(whole);
    expect(await countsOf(engine, model, { cells: 23, chunkCells: 7 })).toEqual(whole);
    expect((await countsOf(engine, model, { cells: 23, seed: 6 })).rows).not.toEqual(whole.rows);
  }, 60_000);

  it('generates a single cell, and means that sum to the size factor', async () => {
    expect((await countsOf(engine, model, { cells: 1 })).rows).toHaveLength(1);
    const conditions = givenConditions([Int32Array.of(1), Int32Array.of(0)], Float64Array.of(250));
    const { rows } = await countsOf(engine, model, { cells: 1, conditions, output: 'means' });
    expect(rows[0].reduce((sum, x) => sum + x, 0)).toBeCloseTo(250, 6);
  });

  it('agrees between solvers: dopri5 with a fine tolerance and RK4 with many steps', async () => {
    const conditions = givenConditions([Int32Array.of(0, 1, 2), Int32Array.of(0, 1, 0)], Float64Array.of(80, 90, 200));
    const change = { cells: 3, conditions, output: 'means' as const, guidance: [1.5, 0.5] };
    const exact = await countsOf(engine, model, { ...change, solver: { method: 'dopri5', tolerance: 1e-7, maxSteps: 10_000 } });
    const fixed = await countsOf(engine, model, { ...change, solver: { method: 'rk4', steps: 200 } });
    exact.rows.forEach((row, r) => row.forEach((value, g) => expect(fixed.rows[r][g]).toBeCloseTo(value, 1)));
  }, 60_000);

  it('draws attributes by their joint table: combinations never seen do not occur', async () => {
    const { description } = model;
    const plan = planConditions(description.attributes, description.combinations, new Map());
    const { codes } = priorConditions(plan, description.sizeFactorPrior, { kind: 'prior' }, 2, 1).draw(0, 2000);
    codes[0].forEach((type, i) => expect(type === 2 && codes[1][i] === 1).toBe(false));
    const share = codes[0].filter((type) => type === 0).length / 2000;
    // 1/3 of the training cells; four standard errors.
    expect(Math.abs(share - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 2000));
  });

  it('is refused when a weight file was changed, a tensor is missing or the format is newer', () => {
    const copy = (name: string): string => {
      const target = join(folder, name);
      saveModel(target, { ...model });
      return target;
    };
    const codeOf = (path: string): string => {
      try {
        loadModel(path);
      } catch (error) {
        return (error as CfgenError).code;
      }
      return 'loaded';
    };
    const changed = copy('changed');
    const bytes = readFileSync(join(changed, 'flow.safetensors'));
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(join(changed, 'flow.safetensors'), bytes);
    expect(codeOf(changed)).toBe('MODEL_DAMAGED');

    const newer = copy('newer');
    writeFileSync(join(newer, 'model.json'), JSON.stringify({ ...model.description, formatVersion: 99 }));
    expect(codeOf(newer)).toBe('MODEL_TOO_NEW');

    const short = join(folder, 'short');
    const tensors = new Map(model.flow);
    tensors.delete('in.weight');
    saveModel(short, { ...model, flow: tensors });
    expect(codeOf(short)).toBe('MODEL_DAMAGED');
    expect(codeOf(join(folder, 'nowhere'))).toBe('MODEL_NOT_FOUND');
  });
});

describe('an interrupted training', () => {
  it('goes on to the same bits as one that was never stopped, wherever it was stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cfgen-resume-'));
    const engine = createReferenceEngine();
    const every = { epochs: 2, steps: 50 };
    const fingerprint = { seed: 3 };
    const settings = toySettings();
    const short: TrainingRequest = {
      ...request,
      settings: {
        ...settings,
        autoencoder: { ...settings.autoencoder, epochs: 6, head: { kind: 'variational', klWeight: 0.3 } },
        flow: { ...settings.flow, duration: { unit: 'steps', steps: 120 }, coupling: 'optimal-transport' },
      },
      checkpointEvery: every,
    };
    const expected = await trainModel(engine, short);

    // Stopped in the autoencoder, then twice in the flow.
    const stops = [
      { stage: 'autoencoder', done: 25 },
      { stage: 'flow', done: 60 },
      { stage: 'flow', done: 101 },
    ];
    let checkpoints = CheckpointFolder.create(folder, fingerprint);
    for (const stop of stops) {
      const controller = new AbortController();
      const onProgress = (progress: { stage: string; done: number }): void => {
        if (progress.stage === stop.stage && progress.done >= stop.done) controller.abort();
      };
      await expect(trainModel(engine, { ...short, checkpoints }, { onProgress, signal: controller.signal })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
      checkpoints = CheckpointFolder.resume(folder, fingerprint)!;
    }
    const resumed = await trainModel(engine, { ...short, checkpoints });
    expect(resumed.description).toEqual(expected.description);
    expect(resumed.autoencoder).toEqual(expected.autoencoder);
    expect(resumed.flow).toEqual(expected.flow);

    expect(() => CheckpointFolder.resume(folder, { seed: 4 })).toThrow(/seed \(was 3, now 4\)/);
    await checkpoints.clear();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    await engine.close();
  }, 120_000);
});
