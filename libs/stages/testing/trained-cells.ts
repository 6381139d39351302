import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobRef } from '@cfgen/contracts';
import type { StepContext } from '../context';
import { trainFromFile } from '../train/train-from-file';
import { trainByJobs } from './job-graphs';
import type { JobHarness } from './job-harness';
import { smallSettings, writeSmallCells } from './small-cells';

/** The small cells, their split, and a model trained on its training part: as paths, or as references. */
export interface TrainedCells<Place> {
  readonly data: Place;
  readonly split: Place;
  readonly model: Place;
}

/** Where the files lie in a folder. */
export function trainedCellsIn(folder: string): TrainedCells<string> {
  return { data: join(folder, 'small.h5ad'), split: join(folder, 'small.tsv'), model: join(folder, 'model') };
}

/** Writes the small cells into a new folder and trains on them, once as the command line does and once by jobs. @returns what the jobs have */
export async function trainSmallCells(
  folder: string,
  harness: JobHarness,
  context: StepContext,
  covariates: readonly string[] = [],
): Promise<TrainedCells<BlobRef>> {
  mkdirSync(folder);
  const files = trainedCellsIn(folder);
  await writeSmallCells(files.data, files.split);
  const settings = smallSettings();
  const training = {
    ...{ labels: ['cell_type'], batches: ['donor'], minCells: 10, missingLabels: 'refuse' as const },
    ...(covariates.length === 0 ? {} : { covariates: [...covariates] }),
  };
  await trainFromFile(
    {
      ...{ ...training, data: files.data, split: files.split, out: files.model, settings, seed: 3 },
      ...{ overwrite: false, resume: false, checkpointEvery: null },
    },
    context,
  );
  const data = await harness.upload('data', files.data);
  const split = await harness.upload('split', files.split);
  return { data, split, model: await trainByJobs(harness, { data, split, fileName: 'small.h5ad', training, settings, seed: 3 }) };
}
