import type { CountSource } from '@cfgen/tensors';
import { breathe, interrupted, type TrainingHooks } from '../training/hooks';
import type { AutoencoderNetwork } from './network';

const chunkRows = 512;

/**
 * Latents of every cell of a source, in order, with batch-norm frozen: row-major [N, D].
 * A cell's latent does not depend on the cells encoded beside it.
 *
 * @param sizeFactors l of each cell [N].
 */
export async function encodeCells(
  network: AutoencoderNetwork,
  counts: CountSource,
  sizeFactors: Float64Array,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'> = {},
): Promise<Float32Array> {
  const { latent } = network.shape;
  const latents = new Float32Array(counts.rows * latent);
  for (let start = 0; start < counts.rows; start += chunkRows) {
    if (hooks.signal?.aborted === true) throw interrupted('encoding');
    const end = Math.min(counts.rows, start + chunkRows);
    const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
    const z = network.encode({ counts: counts.gather(rows), sizeFactors: sizeFactors.subarray(start, end) });
    latents.set(await network.engine.download(z), start * latent);
    hooks.onProgress?.({ stage: 'encode', done: end, total: counts.rows });
    await breathe();
  }
  return latents;
}
