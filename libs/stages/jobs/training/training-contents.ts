import { CfgenError } from '@cfgen/contracts';
import { modelDescriptionSchema, modelSettingsSchema, type ModelSettings } from '@cfgen/model';
import { z } from 'zod';
import { openTrainingData, type TrainingData } from '../../data/training-data';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import type { JobContext, JobRequest } from '../job-context';
import type { JobReading } from '../reading';

const count = z.int().min(0);
const { training, features, provenance } = modelDescriptionSchema.shape;

/** `cfgen.autoencoder-training.v1`: what there is to know of a trained autoencoder besides its weights. */
export const autoencoderTrainingSchema = z.object({
  shape: z.object({
    features: z.int().min(1),
    hidden: z.array(z.int().min(1)),
    latent: z.int().min(1),
    variational: z.boolean(),
    labels: count,
  }),
  ...training.shape.autoencoder.shape,
  cells: count,
  features,
  data: provenance.shape.data,
  notes: z.array(z.string()),
  engine: z.string(),
});

/** `cfgen.flow-training.v1`: what there is to know of a trained flow besides its weights. */
export const flowTrainingSchema = z.object({
  ...training.shape.flow.shape,
  latentScale: modelDescriptionSchema.shape.latentScale,
  engine: z.string(),
});

/** Settings of a model, as a command brings them. @throws CfgenError REQUEST_INVALID */
export function settingsOf(json: unknown): ModelSettings {
  const parsed = modelSettingsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CfgenError('REQUEST_INVALID', `settings.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}`, {
    hint: 'Settings must be whole: start from a preset.',
    details: { path: issue?.path.join('.') ?? '' },
  });
}

/** Opens the data that a training command names; close it when done. */
export async function trainingDataOf<T extends 'TrainAutoencoder' | 'EncodeCells' | 'FitPriors'>(
  request: JobRequest<T>,
  context: JobContext,
  reading: JobReading,
): Promise<TrainingData> {
  const { fileName, splitName, training: chosen } = request.data;
  const { layer, ...options } = chosen;
  return openTrainingData(
    {
      ...options,
      ...(layer === undefined ? {} : { layer }),
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv')),
    },
    reading,
  );
}
