import type { Engine, RealArray } from '@cfgen/compute';
import type { Model } from '../files/model';
import type { Conditions, ConditionSource } from '../priors/draw-conditions';
import type { SolverSettings } from '../settings/model-settings';
import { breathe, interrupted } from '../training/hooks';
import { CellDecoder } from './cell-decoder';
import type { DecodedCells } from './decoded-cells';
import { LatentSampler } from './latent-sampler';

export interface GenerationRequest {
  /** Number of cells; may be 1. */
  readonly cells: number;
  readonly conditions: ConditionSource;
  /** Guidance weight w_k of each attribute, in the model's order; 0: the attribute is not used. */
  readonly guidance: readonly number[];
  readonly solver: SolverSettings;
  readonly seed: number;
  /** Drawn counts, or the means l softmax(decoder(z)). */
  readonly output: 'counts' | 'means';
  /** Cells computed at once; never changes a cell. Default 512. */
  readonly chunkCells?: number;
}

/** Consecutive generated cells. */
export interface GeneratedChunk extends DecodedCells {
  /** Categories and size factors of the cells, and the index of the first. */
  readonly conditions: Conditions;
  /** Latents [cells, D], row-major. */
  readonly latents: RealArray;
  /** Passes of the velocity network over the chunk. */
  readonly evaluations: number;
}

const defaultChunkCells = 512;

/**
 * Generates cells chunk by chunk: conditions, latents, decoding, draws (spec of CFGen, sections 1 and 5).
 * Everything about cell i is a function of (seed, i): the same cells come out whatever the chunk size and thread count.
 */
export async function* generateCells(
  engine: Engine,
  model: Model,
  request: GenerationRequest,
  signal?: AbortSignal,
): AsyncGenerator<GeneratedChunk> {
  const sampler = new LatentSampler(engine, model, request.guidance, request.solver, request.seed);
  const decoder = new CellDecoder(engine, model);
  try {
    const chunkCells = Math.min(request.cells, request.chunkCells ?? defaultChunkCells);
    for (let start = 0; start < request.cells; start += chunkCells) {
      if (signal?.aborted === true) throw interrupted('generation');
      const conditions = request.conditions.draw(start, Math.min(chunkCells, request.cells - start));
      const { latents, cost } = await sampler.sample(conditions, signal);
      yield {
        conditions,
        latents: await engine.download(latents),
        evaluations: cost.evaluations,
        ...(await decoder.decode(latents, conditions, request.output, request.seed)),
      };
      await breathe();
    }
  } finally {
    sampler.release();
    decoder.release();
  }
}
