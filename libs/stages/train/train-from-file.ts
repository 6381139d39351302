import {
  checkModelFolder,
  CheckpointFolder,
  completeSettings,
  modelHash,
  saveModel,
  trainModel,
  type ModelDescription,
  type ModelSettings,
} from '@cfgen/model';
import type { StepContext } from '../context';
import { stepProgress } from './training-progress';
import { openTrainingData, type TrainingDataOptions } from '../data/training-data';

export interface TrainOptions extends TrainingDataOptions {
  /** Model folder to write. */
  readonly out: string;
  readonly settings: ModelSettings;
  readonly seed: number;
  /** Replace a model that is there. */
  readonly overwrite: boolean;
  /** Go on with an interrupted training in `out`. */
  readonly resume: boolean;
  /** Epochs (autoencoder) and steps (flow) between checkpoints; null: no checkpoints. */
  readonly checkpointEvery: { readonly epochs: number; readonly steps: number } | null;
}

export interface TrainSummary {
  readonly model: string;
  readonly modelHash: string;
  readonly description: ModelDescription;
}

/** From a data file to a model folder. Interrupted at any time, the folder can be resumed to the same model. */
export async function trainFromFile(options: TrainOptions, context: StepContext): Promise<TrainSummary> {
  checkModelFolder(options.out, options.overwrite, options.resume);
  const data = await openTrainingData(options, context);
  try {
    // Refused before anything is written: settings for two modalities and cells with one.
    const settings = completeSettings(options.settings, data.atac !== undefined);
    const fingerprint = {
      data: data.data.sha256,
      cells: data.cells.counts.rows,
      features: data.features.names.length,
      ...(data.atac === undefined ? {} : { peaks: data.atac.names.length }),
      attributes: data.cells.attributes.map(({ name, role }) => `${role} ${name}`),
      ...(data.cells.covariates.length === 0 ? {} : { covariates: data.cells.covariates.map(({ name }) => name) }),
      settings,
      seed: options.seed,
      engine: context.engine.name,
    };
    const checkpoints = openCheckpoints(options, fingerprint);
    const trained = await trainModel(
      context.engine,
      {
        cells: data.cells,
        settings,
        seed: options.seed,
        features: data.features,
        ...(data.atac === undefined ? {} : { atac: data.atac }),
        ...(data.carried === undefined ? {} : { carried: data.carried }),
        provenance: { version: context.version, data: data.data, notes: [...data.notes] },
        ...(checkpoints === undefined ? {} : { checkpoints }),
        ...(options.checkpointEvery === null ? {} : { checkpointEvery: options.checkpointEvery }),
      },
      {
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        onProgress: (progress) => context.onProgress?.(stepProgress(progress)),
      },
    );
    const description = saveModel(options.out, trained);
    await checkpoints?.clear();
    return { model: options.out, modelHash: modelHash(description), description };
  } finally {
    data.close();
  }
}

function openCheckpoints(options: TrainOptions, fingerprint: Readonly<Record<string, unknown>>): CheckpointFolder | undefined {
  const found = options.resume ? CheckpointFolder.resume(options.out, fingerprint) : null;
  if (found !== null) return found;
  return options.checkpointEvery === null ? undefined : CheckpointFolder.create(options.out, fingerprint);
}
