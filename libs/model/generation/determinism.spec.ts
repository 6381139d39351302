import { createReferenceEngine, createWasmEngine } from '@cfgen/compute';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../files/model';
import { planConditions } from '../priors/condition-plan';
import { priorConditions } from '../priors/draw-conditions';
import { toyCells, toySettings } from '../testing/toy-cells';
import { trainModel } from '../training/train-model';
import { generateCells } from './generate-cells';

/** More than are decoded at once. */
const cells = 150;
let model: Model;

/** Every count of the generated cells as triples (cell, gene, count), and every latent. */
async function generated(threads: number, chunkCells: number): Promise<{ counts: number[]; latents: number[] }> {
  const engine = await createWasmEngine({ threads });
  try {
    const { attributes, combinations, sizeFactorPrior, settings } = model.description;
    const plan = planConditions(attributes, combinations, new Map());
    const conditions = priorConditions(plan, sizeFactorPrior, { kind: 'prior' }, attributes.length, 11);
    const counts: number[] = [];
    const latents: number[] = [];
    const request = { cells, conditions, guidance: [1.5, 1], solver: settings.solver, seed: 11, output: 'counts' as const, chunkCells };
    for await (const chunk of generateCells(engine, model, request)) {
      latents.push(...chunk.latents);
      const rows = chunk.counts!;
      for (let r = 0; r < rows.rows; r++) {
        for (let k = rows.indptr[r]; k < rows.indptr[r + 1]; k++) counts.push(chunk.conditions.start + r, rows.indices[k], rows.values[k]);
      }
    }
    return { counts, latents };
  } finally {
    await engine.close();
  }
}

describe('cells generated on the WebAssembly engine', () => {
  beforeAll(async () => {
    const engine = createReferenceEngine();
    const source = toyCells();
    const trained = await trainModel(engine, {
      cells: source,
      settings: toySettings(),
      seed: 3,
      features: { names: Array.from({ length: source.counts.columns }, (_, g) => `gene${g}`), columns: {} },
      provenance: { version: '0.0.0', data: { name: 'toy', sha256: '0'.repeat(64), countsAt: 'X', cells: 240, features: 30 }, notes: [] },
    });
    const none = '0'.repeat(64);
    model = { ...trained, description: { ...trained.description, files: { 'autoencoder.safetensors': none, 'flow.safetensors': none } } };
    await engine.close();
  }, 60_000);

  it('are the same to the bit for 1, 2 and 4 threads and for any chunk size', async () => {
    const expected = await generated(1, cells);
    expect(expected.counts.length).toBeGreaterThan(3 * cells);
    for (const threads of [1, 2, 4]) {
      for (const chunkCells of threads === 2 ? [1, 16, 131, cells] : [37, cells])
        expect(await generated(threads, chunkCells), `${threads} threads, chunks of ${chunkCells}`).toEqual(expected);
    }
  }, 60_000);
});
