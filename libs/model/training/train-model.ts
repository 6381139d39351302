import type { Engine } from '@cfgen/compute';
import { encodeCells } from '../autoencoder/encode-cells';
import { loadAutoencoder } from '../autoencoder/load-network';
import { trainAutoencoder, type TrainedAutoencoder } from '../autoencoder/training';
import type { CheckpointFolder } from '../files/checkpoint-folder';
import type { Model } from '../files/model';
import { modelFormatVersion, type ModelDescription } from '../files/model-description';
import { latentScale, standardiseLatents } from '../flow/latent-scale';
import { rescaledSize, sizeRange } from '../flow/size-range';
import { trainFlow } from '../flow/training';
import { attributeTable } from '../priors/attribute-table';
import { fitSizeFactors } from '../priors/size-factors';
import type { ModelSettings } from '../settings/model-settings';
import { biologicalLabel, type Attribute, type TrainingCells } from './cells';
import type { TrainingHooks } from './hooks';
import type { StoredTensors } from './state';

/** What a training needs to know besides the cells. */
export interface TrainingRequest {
  readonly cells: TrainingCells;
  readonly settings: ModelSettings;
  readonly seed: number;
  readonly features: ModelDescription['features'];
  readonly provenance: Omit<ModelDescription['provenance'], 'seed' | 'engine'>;
  /** Where checkpoints are kept and found; none: the training cannot be resumed. */
  readonly checkpoints?: CheckpointFolder;
  /** Epochs (autoencoder) and steps (flow) between two checkpoints. */
  readonly checkpointEvery?: { readonly epochs: number; readonly steps: number };
}

const defaultCheckpointEvery = { epochs: 5, steps: 500 } as const;

/**
 * The whole training: autoencoder, every cell encoded once, flow on the cached latents, priors.
 * With checkpoints it goes on where an earlier, interrupted call stopped, to the same bits.
 */
export async function trainModel(
  engine: Engine,
  request: TrainingRequest,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'> = {},
): Promise<Omit<Model, 'description'> & { description: Omit<ModelDescription, 'files'> }> {
  const { cells, settings, seed } = request;
  const every = request.checkpointEvery ?? defaultCheckpointEvery;
  const autoencoder = await autoencoderStage(engine, request, every.epochs, hooks);

  const network = loadAutoencoder(engine, autoencoder.shape, settings.autoencoder, autoencoder.tensors);
  let latents: Float32Array;
  try {
    latents = await encodeCells(network, cells.counts, cells.sizeFactors, hooks);
  } finally {
    network.release();
  }

  const scale = latentScale(latents, settings.autoencoder.latent, settings.flow.standardise);
  const range = sizeRange(cells.sizeFactors);
  const resumeFrom = request.checkpoints?.load('flow');
  const flow = await trainFlow(
    engine,
    {
      latents: settings.flow.standardise ? standardiseLatents(latents, scale) : latents,
      rescaledSizes: cells.sizeFactors.map((l) => rescaledSize(l, range)),
      attributes: cells.attributes,
    },
    settings.flow,
    seed,
    {
      ...hooks,
      checkpointEvery: every.steps,
      ...(request.checkpoints === undefined ? {} : { saveCheckpoint: saver(request.checkpoints, 'flow') }),
      ...(resumeFrom === undefined ? {} : { resumeFrom }),
    },
  );

  const description: Omit<ModelDescription, 'files'> = {
    format: 'cfgen-model',
    formatVersion: modelFormatVersion,
    modality: 'rna',
    settings,
    features: request.features,
    attributes: cells.attributes.map(describeAttribute),
    combinations: attributeTable(cells.attributes, cells.counts.rows).map(({ codes, count }) => ({ codes: [...codes], count })),
    sizeFactorPrior: describePrior(cells, settings),
    sizeRange: range,
    latentScale: { mean: [...scale.mean], deviation: [...scale.deviation] },
    training: {
      cells: cells.counts.rows,
      autoencoder: {
        bestEpoch: autoencoder.bestEpoch,
        stoppedEarly: autoencoder.stoppedEarly,
        history: autoencoder.history.map((entry) => ({ ...entry })),
      },
      flow: { steps: flow.steps, history: flow.history.map((entry) => ({ ...entry })) },
    },
    provenance: { ...request.provenance, seed, engine: engine.name },
  };
  return { description, autoencoder: autoencoder.tensors, flow: flow.tensors };
}

/** Trains the autoencoder, goes on with it, or takes the finished one of an interrupted run. */
async function autoencoderStage(
  engine: Engine,
  request: TrainingRequest,
  checkpointEvery: number,
  hooks: Pick<TrainingHooks, 'onProgress' | 'signal'>,
): Promise<TrainedAutoencoder> {
  const { checkpoints, cells, settings, seed } = request;
  const done = checkpoints?.load('autoencoder-done');
  if (done !== undefined) return { ...(done.progress as unknown as Omit<TrainedAutoencoder, 'tensors'>), tensors: done.tensors };
  const resumeFrom = checkpoints?.load('autoencoder');
  const trained = await trainAutoencoder(engine, cells, settings.autoencoder, seed, {
    ...hooks,
    checkpointEvery,
    ...(checkpoints === undefined ? {} : { saveCheckpoint: saver(checkpoints, 'autoencoder') }),
    ...(resumeFrom === undefined ? {} : { resumeFrom }),
  });
  if (checkpoints !== undefined) {
    const { tensors, ...progress } = trained;
    checkpoints.save('autoencoder-done', { tensors, progress: { ...progress } });
    checkpoints.drop('autoencoder');
  }
  return trained;
}

function saver(checkpoints: CheckpointFolder, part: 'autoencoder' | 'flow') {
  return (state: { tensors: StoredTensors; progress: Readonly<Record<string, unknown>> }): Promise<void> => {
    checkpoints.save(part, state);
    return Promise.resolve();
  };
}

function describeAttribute(attribute: Attribute): ModelDescription['attributes'][number] {
  const counts = new Array<number>(attribute.categories.length).fill(0);
  for (const code of attribute.codes) counts[code] += 1;
  return { name: attribute.name, role: attribute.role, categories: [...attribute.categories], counts };
}

function describePrior(cells: TrainingCells, settings: ModelSettings): ModelDescription['sizeFactorPrior'] {
  const label = biologicalLabel(cells.attributes) ?? cells.attributes[0];
  const by = label === undefined ? undefined : { attribute: label, index: cells.attributes.indexOf(label) };
  const prior = fitSizeFactors(cells.sizeFactors, by, settings.priors.sizeFactor);
  return {
    ...prior,
    groups: prior.groups.map(({ sample, ...group }) => (sample === undefined ? group : { ...group, sample: [...sample] })),
  };
}
