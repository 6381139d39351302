import type { AugmentRequest } from '@cfgen/contracts';
import type { Transaction } from '@cfgen/persistence';
import { defaultChunkCells } from '../../runs/definitions/generate';
import type { AugmentFacts } from '../../runs/definitions/augment';
import { checkLabels, checkConditions } from './checks';
import { requireModel, readyDataSet, optionalDataSet, refOfDataSet } from './references';

export async function augmentFacts(transaction: Transaction, request: AugmentRequest): Promise<AugmentFacts> {
  const { label, by, target, maxFactor, minSupport, guidance, compression, seed, layer, level, solver } = request;
  const model = await requireModel(transaction, request.model);
  const columns = [label, ...(by === undefined ? [] : [by])];
  checkConditions(model, { where: Object.fromEntries(columns.map((column) => [column, []])), guidance });
  const dataSet = await readyDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  checkLabels(dataSet, columns);
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  const { replicates, neighbours } = request;
  return {
    modelId: model.id,
    model: { ...model.ref, name: 'model' },
    data: { name: dataSet.name, ref: refOfDataSet(dataSet, 'data') },
    ...{ label, target, maxFactor, minSupport, guidance, compression, seed },
    chunkCells: request.chunkCells ?? defaultChunkCells,
    ...(split === undefined ? {} : { split }),
    ...(by === undefined ? {} : { by }),
    ...(layer === undefined ? {} : { layer }),
    ...(level === undefined ? {} : { level }),
    ...(solver === undefined ? {} : { solver }),
    ...(request.evaluate ? { evaluation: { replicates, neighbours } } : {}),
  };
}
