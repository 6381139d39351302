// Training steps made of kernels, engine beside engine, and for comparisons between two states of the sources: `npm run bench -- kernels`.
// `kernel-times.ts` prints more: every kernel's share, rates of the products, several numbers of threads.
import { afterAll, bench, describe } from 'vitest';
import type { Engine } from '@cfgen/compute';
import { availableEngines, engineChoices, startEngine } from './engine-choices';
import { autoencoderStep, flowStep } from './kernel-steps';

const found = await availableEngines(engineChoices);
const engines: [string, Engine][] = [];
for (const name of engineChoices) {
  const choice = found[name];
  if (choice !== undefined && 'engine' in choice) engines.push([name, await startEngine(name)]);
}
afterAll(async () => {
  for (const [, engine] of engines) await engine.close();
});

describe('autoencoder step, 8573 genes, 512-256-50, batch 256', () => {
  for (const [name, engine] of engines) {
    const step = autoencoderStep(engine);
    bench(name, () => step.run(engine), { time: 2000 });
  }
});

describe('flow step, hidden 64, embedding 100, latent 50, 3 blocks, batch 256', () => {
  for (const [name, engine] of engines) {
    const step = flowStep(engine);
    bench(name, () => step.run(engine), { time: 1000 });
  }
});
