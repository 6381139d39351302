import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReferenceEngine } from '@cfgen/compute';
import { describe, expect, it } from 'vitest';
import { generateCells } from '../generation/generate-cells';
import { planConditions } from '../priors/condition-plan';
import { priorConditions } from '../priors/draw-conditions';
import { loadModel, modelHash, saveModel } from './model-folder';

const folder = fileURLToPath(new URL('../fixtures/format-1', import.meta.url));
/** What the version that wrote the folder drew from it. */
const expected = JSON.parse(readFileSync(new URL('../fixtures/format-1-cells.json', import.meta.url), 'utf8')) as {
  hash: string;
  codes: number[][];
  sizeFactors: number[];
  latents: number[];
};

describe('a model folder of format version 1', () => {
  const model = loadModel(folder);

  it('loads as one of the newest version that has nothing of it, under the hash it always had', () => {
    expect(model.description).toMatchObject({ formatVersion: 2, covariates: [], covariateSamples: [] });
    expect(modelHash(model.description)).toBe(expected.hash);
  });

  it('is written back to the same bytes', () => {
    const copy = mkdtempSync(join(tmpdir(), 'cfgen-format-'));
    saveModel(copy, model);
    for (const name of ['model.json', 'README.md', 'autoencoder.safetensors', 'flow.safetensors']) {
      expect(readFileSync(join(copy, name)).equals(readFileSync(join(folder, name))), name).toBe(true);
    }
    rmSync(copy, { recursive: true });
  });

  it('gives the cells it always gave', async () => {
    const engine = createReferenceEngine();
    const { attributes, combinations, sizeFactorPrior, settings } = model.description;
    const plan = planConditions(attributes, combinations, new Map());
    const conditions = priorConditions(plan, sizeFactorPrior, { kind: 'prior' }, attributes.length, 11);
    const request = { cells: 4, conditions, guidance: [1.5, 1], solver: settings.solver, seed: 11, output: 'means' as const };
    for await (const chunk of generateCells(engine, model, request)) {
      expect(chunk.conditions.codes.map((codes) => [...codes])).toEqual(expected.codes);
      expected.sizeFactors.forEach((l, i) => expect(chunk.conditions.sizeFactors[i]).toBeCloseTo(l, 9));
      expected.latents.forEach((z, i) => expect(chunk.latents[i]).toBeCloseTo(z, 9));
    }
    await engine.close();
  });
});
