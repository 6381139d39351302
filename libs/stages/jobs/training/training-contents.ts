import { CfgenError } from '@cfgen/contracts';
import { modelSettingsSchema, type ModelSettings } from '@cfgen/model';
import { openTrainingData, type TrainingData } from '../../data/training-data';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import type { JobContext, JobRequest } from '../job-context';
import type { JobReading } from '../reading';

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
  const { fileName, splitName, atacName, training: chosen } = request.data;
  const { layer, covariates, minCellsPeaks, modality, ...options } = chosen;
  return openTrainingData(
    {
      ...options,
      ...(layer === undefined ? {} : { layer }),
      ...(covariates === undefined ? {} : { covariates }),
      ...(minCellsPeaks === undefined ? {} : { minCellsPeaks }),
      ...(modality === undefined ? {} : { modality }),
      data: await dataFile(context, inputOf(request, 'data'), fileName),
      ...(await optionalDataFile('split', context, request.inputs.get('split'), splitName ?? 'split.tsv')),
      ...(await optionalDataFile('atac', context, request.inputs.get('atac'), atacName ?? 'atac.h5ad')),
    },
    reading,
  );
}
