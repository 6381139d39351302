import type { Engine, Tensor } from '@cfgen/compute';
import { assignment, denseMatrix } from '@cfgen/math';

/**
 * Minibatch optimal-transport coupling: which noise row goes with which latent row, by the exact assignment of least total squared distance.
 *
 * @param noise, latents [B, D]; @param costs scratch [B, B].
 * @returns for each latent row the noise row it is paired with [B].
 */
export async function transportPairs(engine: Engine, noise: Tensor, latents: Tensor, costs: Tensor): Promise<Int32Array> {
  const rows = noise.shape[0];
  engine.squaredDistances(costs, latents, noise);
  return Int32Array.from(assignment(denseMatrix(rows, rows, Float64Array.from(await engine.download(costs)))).columnOfRow);
}
