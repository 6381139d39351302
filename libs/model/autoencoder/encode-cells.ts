import { CfgenError } from '@cfgen/contracts';
import type { CountSource } from '@cfgen/tensors';
import type { PeakCells } from '../training/cells';
import { breathe, interrupted, type TrainingHooks } from '../training/hooks';
import type { AutoencoderNetwork } from './network';

const chunkRows = 512;

/** Cells `start .. end` (exclusive) of a source. */
export interface CellRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Latents of the cells of a source, in order, with batch-norm frozen: row-major [N, D].
 * A cell's latent does not depend on the cells encoded beside it, so that a range gives the same latents as the whole.
 *
 * @param sizeFactors l of each cell of the source.
 * @param range the cells to encode; all by default
 * @param atac the same cells' peaks, for a network of both modalities
 * @throws CfgenError REQUEST_INVALID when the network has both modalities and the cells do not
 */
export async function encodeCells(
  network: AutoencoderNetwork,
  counts: CountSource,
  sizeFactors: Float64Array,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'> = {},
  range: CellRange = { start: 0, end: counts.rows },
  atac?: PeakCells,
): Promise<Float32Array> {
  const { latent } = network.shape;
  if (network.shape.atac !== undefined && atac === undefined) {
    throw new CfgenError('REQUEST_INVALID', 'the model has RNA and ATAC, and the cells have RNA only', {
      hint: 'Give both modalities of the cells, or use a model of RNA alone.',
    });
  }
  const latents = new Float32Array((range.end - range.start) * latent);
  for (let start = range.start; start < range.end; start += chunkRows) {
    if (hooks.signal?.aborted === true) throw interrupted('encoding');
    const end = Math.min(range.end, start + chunkRows);
    const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
    const peaks =
      atac === undefined ? {} : { atac: { counts: atac.counts.gather(rows), sizeFactors: atac.sizeFactors.subarray(start, end) } };
    const z = network.encode({ counts: counts.gather(rows), sizeFactors: sizeFactors.subarray(start, end), ...peaks });
    latents.set(await network.engine.download(z), (start - range.start) * latent);
    hooks.onProgress?.({ stage: 'encode', done: end, total: counts.rows });
    await breathe();
  }
  return latents;
}
