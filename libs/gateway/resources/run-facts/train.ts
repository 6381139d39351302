import type { ImportRequest, TrainRequest } from '@cfgen/contracts';
import { settingsFrom } from '@cfgen/model';
import type { Transaction } from '@cfgen/persistence';
import type { ImportFacts } from '../../runs/definitions/import';
import type { TrainFacts } from '../../runs/definitions/train';
import { checkLabels, checkColumns } from './checks';
import { readyDataSet, namedDataSet, optionalDataSet, refOfDataSet } from './references';

/** How often trainings keep what they have, and how many cells a shard of latents holds. */
const checkpointEpochs = 5;
const checkpointSteps = 250;
const shardCells = 8192;

export async function trainFacts(transaction: Transaction, request: TrainRequest): Promise<TrainFacts> {
  const dataSet = await readyDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  checkLabels(dataSet, [...request.labels, ...request.batches]);
  checkColumns(dataSet, request.covariates);
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  const atac = await optionalDataSet(transaction, request.atac, 'cells', 'atac');
  const { preset, epochs, flowSteps, patience, set: changes } = request;
  return {
    dataSetId: dataSet.id,
    fileName: dataSet.name,
    data: refOfDataSet(dataSet, 'data'),
    ...(split === undefined ? {} : { split }),
    ...(atac === undefined ? {} : { atac }),
    training: {
      labels: request.labels,
      batches: request.batches,
      ...(request.covariates.length === 0 ? {} : { covariates: request.covariates }),
      ...(request.layer === undefined ? {} : { layer: request.layer }),
      minCells: request.minCells,
      minCellsPeaks: request.minCellsPeaks,
      ...(request.modality === undefined ? {} : { modality: request.modality }),
      missingLabels: request.missingLabels,
    },
    settings: settingsFrom({ preset, epochs, flowSteps, patience, changes }),
    seed: request.seed,
    ...{ checkpointEpochs, checkpointSteps, shardCells },
    alias: request.alias ?? null,
  };
}

export async function importFacts(transaction: Transaction, request: ImportRequest): Promise<ImportFacts> {
  const { layer, batches, alias } = request;
  const dataSet = await readyDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  if (batches.length > 0) checkLabels(dataSet, batches);
  const autoencoder = await optionalDataSet(transaction, request.autoencoder, 'checkpoint', 'autoencoder');
  const metadata = await optionalDataSet(transaction, request.metadata, 'checkpoint', 'metadata');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  return {
    ...{ dataSetId: dataSet.id, fileName: dataSet.name, data: refOfDataSet(dataSet, 'data'), batches, alias: alias ?? null },
    checkpoint: await namedDataSet(transaction, request.checkpoint, 'checkpoint', 'checkpoint'),
    ...(autoencoder === undefined ? {} : { autoencoder }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
  };
}
