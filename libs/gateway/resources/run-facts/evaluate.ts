import { CfgenError, type EvaluateRequest, type GuideRequest, type IntegrationRequest } from '@cfgen/contracts';
import { artifactRows, runRows, type Transaction } from '@cfgen/persistence';
import type { EvaluateFacts } from '../../runs/definitions/evaluate';
import type { GuideFacts } from '../../runs/definitions/guide';
import type { IntegrationFacts } from '../../runs/definitions/integration';
import { checkLabels, checkConditions } from './checks';
import { type NamedRef, requireModel, readyDataSet, namedDataSet, optionalDataSet, refOfDataSet } from './references';

export async function evaluateFacts(transaction: Transaction, request: EvaluateRequest): Promise<EvaluateFacts> {
  const real = await readyDataSet(transaction, request.real, 'cells', 'real');
  if (request.label !== undefined) checkLabels(real, [request.label]);
  if (request.donor !== undefined) checkLabels(real, [request.donor]);
  const generated: NamedRef[] = [];
  for (const [i, cells] of request.generated.entries()) {
    generated.push(
      'run' in cells
        ? await cellsOfRun(transaction, cells.run, i)
        : await namedDataSet(transaction, cells.dataSet, 'cells', `generated.${i}.dataSet`),
    );
  }
  const training = await optionalDataSet(transaction, request.training, 'cells', 'training');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  const model = request.model === undefined ? undefined : await requireModel(transaction, request.model);
  return {
    real: { name: real.name, ref: refOfDataSet(real, 'real') },
    generated,
    ...(training === undefined ? {} : { training }),
    ...(split === undefined ? {} : { split }),
    ...(model === undefined ? {} : { model: { ...model.ref, name: 'model' } }),
    ...(request.label === undefined ? {} : { label: request.label }),
    ...(request.donor === undefined ? {} : { donor: request.donor }),
    ...(request.layer === undefined ? {} : { layer: request.layer }),
    settings: { seed: request.seed, ...request.settings },
  };
}

export async function guideFacts(transaction: Transaction, request: GuideRequest): Promise<GuideFacts> {
  const { layer, grid, solver, cells, band, seed } = request;
  const model = await requireModel(transaction, request.model);
  checkConditions(model, { where: {}, guidance: Object.fromEntries(Object.keys(grid).map((name) => [name, 1])) });
  const data = await namedDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  return {
    model: { ...model.ref, name: 'model' },
    data,
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
    grid,
    ...(solver === undefined ? {} : { solver }),
    settings: { cells, band, seed },
  };
}

export async function integrationFacts(transaction: Transaction, request: IntegrationRequest): Promise<IntegrationFacts> {
  const { label, batch, embeddings, before, layer, exclude, unlabelled, minMax, profile, neighbours, seed } = request;
  const dataSet = await readyDataSet(transaction, request.dataSet, 'cells', 'dataSet');
  checkLabels(dataSet, [label, batch]);
  return {
    data: { name: dataSet.name, ref: refOfDataSet(dataSet, 'data') },
    ...{ label, batch, embeddings, before, exclude, unlabelled, minMax },
    ...(layer === undefined ? {} : { layer }),
    settings: { profile, neighbours, seed, ...request.settings },
  };
}

/** RNA alone, RNA and ATAC, or a store in an archive. */
const cellsFile = /\.(h5ad|h5mu|zarr\.zip)$/;

async function cellsOfRun(transaction: Transaction, id: string, i: number): Promise<NamedRef> {
  const field = `generated.${i}.run`;
  const run = await runRows.find(transaction, id);
  if (run === null || run.hidden) throw new CfgenError('NOT_FOUND', `${field}: there is no run ${id}`, { details: { field, id } });
  if (run.type !== 'generate') {
    throw new CfgenError('REQUEST_INVALID', `${field}: run ${id} is of the type "${run.type}" and has no cells`, {
      details: { field, id },
    });
  }
  const artifact = (await artifactRows.ofRuns(transaction, [id])).find(({ name }) => cellsFile.test(name));
  if (artifact === undefined) {
    throw new CfgenError('CONFLICT', `${field}: run ${id} is ${run.state} and has no cells yet`, {
      retryable: true,
      details: { field, id, state: run.state },
    });
  }
  // Replicates are told apart by the end of the id of their run.
  return { name: artifact.name.replace(cellsFile, `-${id.slice(-6)}$&`), ref: artifact.ref };
}
