// Training steps made of kernels, for comparisons between two states of the sources: `npm run bench -- kernels`.
// `kernel-times.ts` prints more: every kernel's share, rates of the products, several numbers of threads.
import { afterAll, bench, describe } from 'vitest';
import { createEngine } from '@cfgen/compute';
import { autoencoderStep, flowStep } from './kernel-steps';

const { engine } = await createEngine('wasm');
afterAll(async () => engine.close());

describe('training steps, batch 256', () => {
  const [autoencoder, flow] = [autoencoderStep(engine), flowStep(engine)];
  bench('autoencoder, 8573 genes, 512-256-50', () => autoencoder.run(engine), { time: 2000 });
  bench('flow, hidden 64, embedding 100, latent 50, 3 blocks', () => flow.run(engine), { time: 1000 });
});
