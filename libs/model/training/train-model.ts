import type { Engine } from '@cfgen/compute';
import { encodeCells } from '../autoencoder/encode-cells';
import { loadAutoencoder } from '../autoencoder/load-network';
import type { TrainedAutoencoder } from '../autoencoder/training';
import { describeModel } from '../files/describe-model';
import type { UnsavedModel } from '../files/encode-model';
import type { ModelDescription } from '../files/model-description';
import { fitPriors } from '../priors/fit-priors';
import { completeSettings } from '../settings/complete-settings';
import type { ModelSettings } from '../settings/model-settings';
import type { TrainingCells } from './cells';
import type { TrainingCheckpoints } from './checkpoints';
import type { TrainingHooks } from './hooks';
import { trainAutoencoderPart, trainFlowPart } from './training-parts';

/** What a training needs to know besides the cells. */
export interface TrainingRequest {
  readonly cells: TrainingCells;
  readonly settings: ModelSettings;
  readonly seed: number;
  readonly features: ModelDescription['features'];
  /** The peaks, when the cells have them. */
  readonly atac?: ModelDescription['features'];
  /** Columns of obs that follow from a label, or are the same for all cells. */
  readonly carried?: ModelDescription['carried'];
  readonly provenance: Omit<ModelDescription['provenance'], 'seed' | 'engine'>;
  /** Where checkpoints are kept and found; none: the training cannot be resumed. */
  readonly checkpoints?: TrainingCheckpoints;
  /** Epochs (autoencoder) and steps (flow) between two checkpoints. */
  readonly checkpointEvery?: { readonly epochs: number; readonly steps: number };
}

const defaultCheckpointEvery = { epochs: 5, steps: 500 } as const;

/**
 * The whole training in one go: autoencoder, every cell encoded once, priors, flow on the cached latents.
 * With checkpoints it goes on where an earlier, interrupted call stopped, to the same bits.
 */
export async function trainModel(
  engine: Engine,
  request: TrainingRequest,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'> = {},
): Promise<UnsavedModel> {
  const { cells, seed, checkpoints } = request;
  const settings = completeSettings(request.settings, cells.atac !== undefined);
  const every = request.checkpointEvery ?? defaultCheckpointEvery;
  const autoencoder = await finishedAutoencoder(engine, request, every.epochs, hooks);

  const network = loadAutoencoder(engine, autoencoder.shape, settings.autoencoder, autoencoder.tensors);
  let latents: Float32Array;
  try {
    latents = await encodeCells(network, cells.counts, cells.sizeFactors, hooks, undefined, cells.atac);
  } finally {
    network.release();
  }

  const { sizeFactors, attributes, covariates } = cells;
  const priors = fitPriors(cells, settings.priors, settings.multimodal);
  const encoded = { latents, sizeFactors, attributes, covariates };
  const flow = await trainFlowPart(engine, encoded, priors, settings, seed, { checkpoints, checkpointEvery: every.steps }, hooks);
  const description = describeModel({
    settings,
    features: request.features,
    atac: request.atac,
    carried: request.carried,
    priors,
    latentScale: flow.latentScale,
    cells: cells.counts.rows,
    autoencoder,
    flow,
    provenance: { ...request.provenance, seed, engine: engine.name },
  });
  return { description, autoencoder: autoencoder.tensors, flow: flow.tensors };
}

/** Trains the autoencoder, goes on with it, or takes the finished one of an interrupted run. */
async function finishedAutoencoder(
  engine: Engine,
  request: TrainingRequest,
  checkpointEvery: number,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'>,
): Promise<TrainedAutoencoder> {
  const { checkpoints, cells, settings, seed } = request;
  const done = await checkpoints?.load('autoencoder-done');
  if (done !== undefined) return { ...(done.progress as unknown as Omit<TrainedAutoencoder, 'tensors'>), tensors: done.tensors };
  const trained = await trainAutoencoderPart(engine, cells, settings, seed, { checkpoints, checkpointEvery }, hooks);
  if (checkpoints !== undefined) {
    const { tensors, ...progress } = trained;
    await checkpoints.save('autoencoder-done', { tensors, progress: { ...progress } });
    await checkpoints.drop('autoencoder');
  }
  return trained;
}
