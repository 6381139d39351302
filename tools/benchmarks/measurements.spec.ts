import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine } from '@cfgen/compute';
import { preset } from '@cfgen/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureGeneration, measureTraining } from './measurements';

const asset = (name: string) => fileURLToPath(new URL(`../../apps/cli/assets/${name}`, import.meta.url));
const clock = () => performance.now() / 1000;

let engine: Engine;
let folder: string;
beforeAll(async () => {
  ({ engine } = await createEngine('auto', { threads: 2 }));
  folder = mkdtempSync(join(tmpdir(), 'cfgen-benchmark-'));
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

it('times every step of a short training, then generates from the model it left', async () => {
  const paper = preset('paper');
  const model = join(folder, 'model');
  const training = await measureTraining(
    engine,
    {
      data: asset('pbmc3k.h5ad'),
      split: asset('pbmc3k.tsv'),
      label: 'cell_type',
      minCells: 1000,
      out: model,
      epochs: 3,
      flow: { unit: 'steps', steps: 22 },
      settings: { ...paper, autoencoder: { ...paper.autoencoder, hidden: [16], latent: 4 } },
      seed: 0,
    },
    clock,
  );
  // 2,111 training cells, a tenth held out: 7 batches of 256 an epoch, of which the first is warm-up.
  expect(training.facts['cells']).toBe(2111);
  expect(training.seconds['autoencoderEpoch']).toHaveLength(2);
  expect(training.seconds['autoencoderStep']).toHaveLength(14);
  expect(training.seconds['flowStep']).toHaveLength(19);
  for (const seconds of Object.values(training.seconds).flat()) expect(seconds).toBeGreaterThan(0);

  for (const solver of [{ method: 'rk4', steps: 5 } as const, { method: 'dopri5', tolerance: 1e-2, maxSteps: 1000 } as const]) {
    const out = join(folder, 'cells.h5ad');
    const generation = await measureGeneration(engine, { model, out, cells: 20, warmUpCells: 2, solver, seed: 0 }, clock);
    expect(existsSync(out)).toBe(true);
    expect(generation.seconds['total']?.[0]).toBeGreaterThan(0);
    expect(generation.facts['passesPerCell']).toBeGreaterThanOrEqual(solver.method === 'rk4' ? 20 : 7);
    expect(generation.facts['meanTotal']).toBeGreaterThan(100);
    expect(generation.facts['zeros']).toBeLessThan(1);
  }
});
