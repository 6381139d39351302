import type { CorrectRequest, GenerateRequest, ImputeRequest } from '@cfgen/contracts';
import type { Transaction } from '@cfgen/persistence';
import type { CorrectFacts } from '../../runs/definitions/correct';
import type { ImputeFacts } from '../../runs/definitions/impute';
import type { MovedCellsFacts } from '../../runs/definitions/moved-cells';
import { checkConditions } from './checks';
import { requireModel, namedDataSet, optionalDataSet } from './references';

export async function correctFacts(transaction: Transaction, request: CorrectRequest): Promise<CorrectFacts> {
  const { batch, reference, means } = request;
  const where = batch === undefined ? {} : { [batch]: reference === undefined ? [] : [reference] };
  return {
    ...(await movedCellsFacts(transaction, request, where)),
    ...(batch === undefined ? {} : { batch }),
    ...(reference === undefined ? {} : { reference }),
    means,
  };
}

export async function imputeFacts(transaction: Transaction, request: ImputeRequest): Promise<ImputeFacts> {
  return { ...(await movedCellsFacts(transaction, request, {})), noise: request.noise };
}

async function movedCellsFacts(
  transaction: Transaction,
  request: CorrectRequest | ImputeRequest,
  where: GenerateRequest['where'],
): Promise<MovedCellsFacts> {
  const { part, layer, missing, guidance, solver, bound, compression, level, format, seed } = request;
  const model = await requireModel(transaction, request.model);
  checkConditions(model, { where, guidance });
  const data = await namedDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  return {
    model: { ...model.ref, name: 'model' },
    ...{ data, part, missing, guidance, compression, seed },
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
    ...(solver === undefined ? {} : { solver }),
    ...(bound === undefined ? {} : { bound }),
    ...(level === undefined ? {} : { level }),
    ...(format === undefined ? {} : { format }),
  };
}
