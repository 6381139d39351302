import type { Engine } from '@cfgen/compute';
import { trainAutoencoder, type TrainedAutoencoder } from '../autoencoder/training';
import { latentScale, standardiseLatents, type LatentScale } from '../flow/latent-scale';
import { rescaledNumbers, type NumberRanges } from '../flow/field-conditions';
import { trainFlow, type TrainedFlow } from '../flow/training';
import { completeSettings } from '../settings/complete-settings';
import type { ModelSettings } from '../settings/model-settings';
import type { Attribute, Covariate, TrainingCells } from './cells';
import type { Checkpointing } from './checkpoints';
import type { TrainingHooks } from './hooks';

type Hooks = Pick<TrainingHooks, 'onProgress' | 'signal'>;

/** Trains the autoencoder, or goes on with it from the last checkpoint, to the same bits. */
export async function trainAutoencoderPart(
  engine: Engine,
  cells: TrainingCells,
  settings: ModelSettings,
  seed: number,
  checkpointing: Checkpointing,
  hooks: Hooks,
): Promise<TrainedAutoencoder> {
  const { autoencoder, multimodal } = completeSettings(settings, cells.atac !== undefined);
  return trainAutoencoder(engine, cells, autoencoder, seed, await withCheckpoints('autoencoder', checkpointing, hooks), multimodal);
}

/** The cells as the flow sees them: encoded. */
export interface EncodedCells {
  /** Latents [N, D] as the autoencoder gives them, row-major. */
  readonly latents: Float32Array;
  /** Size factor l of each cell [N]. */
  readonly sizeFactors: Float64Array;
  readonly attributes: readonly Attribute[];
  readonly covariates: readonly Covariate[];
}

export interface TrainedFlowPart extends TrainedFlow {
  /** What the latents were standardised by. */
  readonly latentScale: LatentScale;
}

/**
 * Trains the flow on encoded cells, or goes on with it from the last checkpoint, to the same bits.
 *
 * @param ranges of the size factors and of the covariates, from the priors
 */
export async function trainFlowPart(
  engine: Engine,
  cells: EncodedCells,
  ranges: NumberRanges,
  settings: ModelSettings,
  seed: number,
  checkpointing: Checkpointing,
  hooks: Hooks,
): Promise<TrainedFlowPart> {
  const { standardise } = settings.flow;
  const scale = latentScale(cells.latents, cells.latents.length / cells.sizeFactors.length, standardise);
  const seen = {
    latents: standardise ? standardiseLatents(cells.latents, scale) : cells.latents,
    ...rescaledNumbers(ranges, { sizeFactors: cells.sizeFactors, covariates: cells.covariates.map(({ values }) => values) }),
    attributes: cells.attributes,
  };
  const flow = await trainFlow(engine, seen, settings.flow, seed, await withCheckpoints('flow', checkpointing, hooks));
  return { ...flow, latentScale: scale };
}

async function withCheckpoints(
  part: 'autoencoder' | 'flow',
  { checkpoints, checkpointEvery }: Checkpointing,
  hooks: Hooks,
): Promise<TrainingHooks> {
  if (checkpoints === undefined) return hooks;
  const resumeFrom = await checkpoints.load(part);
  return {
    ...hooks,
    saveCheckpoint: (state) => checkpoints.save(part, state),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
  };
}
