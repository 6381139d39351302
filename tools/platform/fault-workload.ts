import type { Run, RunRequest } from '@cfgen/client';
import type { Platform } from './platform';
import { artifactHash, runToEnd, uploadSample } from './scenario';

/** Seconds of computing on one thread: long enough to be hit, short enough to be repeated. */
export const training = (dataSet: string) =>
  ({
    type: 'train',
    dataSet,
    labels: ['cell_type'],
    preset: 'quick',
    epochs: 6,
    flowSteps: 300,
    minCells: 200,
    seed: 5,
  }) as const satisfies RunRequest;

export const generation = (model: string) =>
  ({ type: 'generate', model, cells: 6000, chunkCells: 500, seed: 9 }) as const satisfies RunRequest;

/** What is repeated under faults, and what has to come out. */
export interface Undisturbed {
  readonly dataSet: string;
  readonly model: string;
  /** Hashes of the weights of the model, and of the generated file. */
  readonly weights: string;
  readonly file: string;
}

export function weightsOf(run: Run): string {
  return `${artifactHash(run, /^autoencoder/)} ${artifactHash(run, /^flow/)}`;
}

export function fileOf(run: Run): string {
  return artifactHash(run, /h5ad$/);
}

/** Trains and generates once, with nothing in the way. */
export async function undisturbed(platform: Platform): Promise<Undisturbed> {
  const dataSet = await uploadSample(platform.client());
  const trained = await runToEnd(platform.client, training(dataSet));
  const model = trained.modelId ?? '';
  const generated = await runToEnd(platform.client, generation(model));
  return { dataSet, model, weights: weightsOf(trained), file: fileOf(generated) };
}
