import {
  blobKey,
  CfgenError,
  ulidPattern,
  type AugmentRequest,
  type BlobRef,
  type CorrectRequest,
  type EvaluateRequest,
  type GenerateRequest,
  type ImputeRequest,
  type ImportRequest,
  type GuideRequest,
  type IntegrationRequest,
  type RunRequest,
  type TrainRequest,
} from '@cfgen/contracts';
import { settingsFrom } from '@cfgen/model';
import {
  artifactRows,
  dataSetRows,
  modelAliasRows,
  modelRows,
  runRows,
  type DataSetRow,
  type ModelRow,
  type Transaction,
} from '@cfgen/persistence';
import { z } from 'zod';
import { defaultChunkCells, type GenerateFacts } from '../runs/definitions/generate';
import type { EvaluateFacts } from '../runs/definitions/evaluate';
import type { GuideFacts } from '../runs/definitions/guide';
import type { IntegrationFacts } from '../runs/definitions/integration';
import type { AugmentFacts } from '../runs/definitions/augment';
import type { CorrectFacts } from '../runs/definitions/correct';
import type { ImputeFacts } from '../runs/definitions/impute';
import type { MovedCellsFacts } from '../runs/definitions/moved-cells';
import type { ImportFacts } from '../runs/definitions/import';
import type { TrainFacts } from '../runs/definitions/train';

/** How often trainings keep what they have, and how many cells a shard of latents holds. */
const checkpointEpochs = 5;
const checkpointSteps = 250;
const shardCells = 8192;

/**
 * What a request comes to now: data sets and models as references that never change. Aliases may move afterwards, the run stays.
 *
 * @throws CfgenError NOT_FOUND, MODEL_NOT_FOUND, CONFLICT (a data set that is not ready), LABEL_MISSING, LABEL_UNUSABLE,
 * REQUEST_UNKNOWN_VALUE, REQUEST_INVALID
 */
export async function factsOf(transaction: Transaction, request: RunRequest): Promise<Readonly<Record<string, unknown>>> {
  switch (request.type) {
    case 'train':
      return trainFacts(transaction, request);
    case 'generate':
      return generateFacts(transaction, request);
    case 'evaluate':
      return evaluateFacts(transaction, request);
    case 'import':
      return importFacts(transaction, request);
    case 'augment':
      return augmentFacts(transaction, request);
    case 'correct':
      return correctFacts(transaction, request);
    case 'impute':
      return imputeFacts(transaction, request);
    case 'guide':
      return guideFacts(transaction, request);
    case 'integration':
      return integrationFacts(transaction, request);
  }
}

interface NamedRef {
  readonly name: string;
  readonly ref: BlobRef;
}

async function trainFacts(transaction: Transaction, request: TrainRequest): Promise<TrainFacts> {
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

async function generateFacts(transaction: Transaction, request: GenerateRequest): Promise<GenerateFacts> {
  const model = await requireModel(transaction, request.model);
  checkConditions(model, request);
  const like = await optionalDataSet(transaction, request.like, 'cells', 'like');
  const librarySizes = await optionalDataSet(transaction, request.librarySizeFrom, 'cells', 'librarySizeFrom');
  const split = await optionalDataSet(transaction, request.split, 'split', 'split');
  return {
    name: 'synthetic',
    modelId: model.id,
    model: { ...model.ref, name: 'model' },
    ...(request.cells === undefined ? {} : { cells: request.cells }),
    chunkCells: request.chunkCells ?? defaultChunkCells,
    where: request.where,
    guidance: request.guidance,
    ...(Object.keys(request.covariateValues).length === 0 ? {} : { covariates: request.covariateValues }),
    ...(request.solver === undefined ? {} : { solver: request.solver }),
    ...(request.librarySize === undefined ? {} : { librarySize: request.librarySize }),
    ...(like === undefined ? {} : { like }),
    ...(split === undefined ? {} : { split }),
    ...(librarySizes === undefined ? {} : { librarySizes }),
    seed: request.seed,
    output: request.output,
    latents: request.latents,
    compression: request.compression,
    ...(request.level === undefined ? {} : { level: request.level }),
    ...(request.format === undefined ? {} : { format: request.format }),
    ...(request.zarrFormat === undefined ? {} : { zarrFormat: request.zarrFormat }),
    ...(request.profile === undefined ? {} : { profile: request.profile }),
  };
}

async function evaluateFacts(transaction: Transaction, request: EvaluateRequest): Promise<EvaluateFacts> {
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

async function guideFacts(transaction: Transaction, request: GuideRequest): Promise<GuideFacts> {
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

async function integrationFacts(transaction: Transaction, request: IntegrationRequest): Promise<IntegrationFacts> {
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

async function importFacts(transaction: Transaction, request: ImportRequest): Promise<ImportFacts> {
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

async function augmentFacts(transaction: Transaction, request: AugmentRequest): Promise<AugmentFacts> {
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

async function correctFacts(transaction: Transaction, request: CorrectRequest): Promise<CorrectFacts> {
  const { batch, reference, means } = request;
  const where = batch === undefined ? {} : { [batch]: reference === undefined ? [] : [reference] };
  return {
    ...(await movedCellsFacts(transaction, request, where)),
    ...(batch === undefined ? {} : { batch }),
    ...(reference === undefined ? {} : { reference }),
    means,
  };
}

async function imputeFacts(transaction: Transaction, request: ImputeRequest): Promise<ImputeFacts> {
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

/** By id or alias. @throws CfgenError MODEL_NOT_FOUND */
export async function requireModel(transaction: Transaction, reference: string): Promise<ModelRow> {
  const id = ulidPattern.test(reference) ? reference : (await modelAliasRows.find(transaction, reference))?.modelId;
  const model = id === undefined ? null : await modelRows.find(transaction, id);
  if (model !== null) return model;
  const what = ulidPattern.test(reference) ? `model ${reference}` : `model with the alias "${reference}"`;
  throw new CfgenError('MODEL_NOT_FOUND', `there is no ${what}`, {
    hint: 'GET /v1/models lists those there are.',
    details: { model: reference },
  });
}

async function readyDataSet(transaction: Transaction, id: string, kind: DataSetRow['kind'], field: string): Promise<DataSetRow> {
  const row = await dataSetRows.find(transaction, id);
  if (row === null) throw new CfgenError('NOT_FOUND', `${field}: there is no data set ${id}`, { details: { field, id } });
  if (row.kind !== kind) {
    throw new CfgenError('REQUEST_INVALID', `${field}: data set ${id} is of the kind "${row.kind}", needed is "${kind}"`, {
      details: { field, id },
    });
  }
  if (row.state === 'ready') return row;
  const why = row.state === 'validating' ? 'is still being read' : `was refused: ${row.error?.message ?? ''}`;
  throw new CfgenError('CONFLICT', `${field}: data set ${id} ${why}`, {
    retryable: row.state === 'validating',
    details: { field, id, state: row.state },
  });
}

async function namedDataSet(transaction: Transaction, id: string, kind: DataSetRow['kind'], field: string): Promise<NamedRef> {
  const row = await readyDataSet(transaction, id, kind, field);
  return { name: row.name, ref: refOfDataSet(row, 'data') };
}

async function optionalDataSet(
  transaction: Transaction,
  id: string | undefined,
  kind: DataSetRow['kind'],
  field: string,
): Promise<NamedRef | undefined> {
  return id === undefined ? undefined : namedDataSet(transaction, id, kind, field);
}

/** RNA alone, or RNA and ATAC. */
const cellsFile = /\.h5(ad|mu)$/;

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

export function refOfDataSet({ sha256, bytes, kind }: DataSetRow, name: string): BlobRef {
  const mediaType = kind === 'split' ? 'text/tab-separated-values' : 'application/octet-stream';
  return { name, uri: blobKey(sha256), sha256, bytes, mediaType, schema: '' };
}

const columnsSchema = z.object({
  obs: z.array(z.object({ name: z.string(), label: z.object({ usable: z.boolean(), reason: z.string().optional() }).optional() })),
});

/** Labels are checked against what was found in the file, so that a typing error shows at once and not after the queue. */
function checkLabels(dataSet: DataSetRow, labels: readonly string[]): void {
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined)
    throw new CfgenError('REQUEST_INVALID', `labels: "${twice}" is named twice`, { details: { field: 'labels', label: twice } });
  const inspected = columnsSchema.safeParse(dataSet.inspection);
  if (!inspected.success) return;
  for (const label of labels) {
    const column = columnNamed(dataSet, inspected.data.obs, label);
    const details = { field: 'labels', label, columns: inspected.data.obs.map(({ name }) => name).slice(0, 50) };
    if (column.label?.usable === false) {
      throw new CfgenError('LABEL_UNUSABLE', `${dataSet.name}: ${column.label.reason ?? `"${label}" cannot be used as a label`}`, {
        details,
      });
    }
  }
}

/** As above for columns that hold numbers. */
function checkColumns(dataSet: DataSetRow, columns: readonly string[]): void {
  const inspected = columnsSchema.safeParse(dataSet.inspection);
  if (inspected.success) for (const column of columns) columnNamed(dataSet, inspected.data.obs, column);
}

type InspectedColumn = z.infer<typeof columnsSchema>['obs'][number];

function columnNamed(dataSet: DataSetRow, obs: readonly InspectedColumn[], name: string): InspectedColumn {
  const found = obs.find((column) => column.name === name);
  if (found !== undefined) return found;
  const columns = obs.map((column) => column.name).slice(0, 50);
  throw new CfgenError('LABEL_MISSING', `${dataSet.name} has no obs column "${name}"`, {
    hint: `Columns are: ${columns.join(', ')}.`,
    details: { field: 'labels', label: name, columns },
  });
}

const attributesSchema = z.array(z.object({ name: z.string(), categories: z.array(z.string()) }));

type AskedConditions = Pick<GenerateRequest, 'where' | 'guidance'> & Partial<GenerateRequest>;

function checkConditions(model: ModelRow, request: AskedConditions): void {
  const attributes = attributesSchema.parse(model.attributes);
  const known = attributes.map(({ name }) => name);
  const asked = [...Object.entries(request.where), ...Object.keys(request.guidance).map((name): [string, string[]] => [name, []])];
  for (const [column, values] of asked) {
    const attribute = attributes.find(({ name }) => name === column);
    if (attribute === undefined) {
      const hint = known.length === 0 ? 'It was trained without labels.' : `It knows: ${known.join(', ')}.`;
      throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model knows no column "${column}"`, { hint, details: { column, known } });
    }
    const strange = values.find((value) => !attribute.categories.includes(value));
    if (strange !== undefined) {
      const categories = attribute.categories.slice(0, 50);
      const hint = `Values are: ${categories.join(', ')}.`;
      throw new CfgenError('REQUEST_UNKNOWN_VALUE', `the model knows no ${column} "${strange}"`, {
        hint,
        details: { column, value: strange, categories },
      });
    }
  }
  if (request.like !== undefined && Object.keys(request.where).length > 0) {
    throw new CfgenError('REQUEST_INVALID', 'where: `like` takes the labels of a file, `where` asks for others', {
      hint: 'Give one of the two.',
      details: { field: 'where' },
    });
  }
  if (request.like !== undefined && (request.librarySize !== undefined || request.librarySizeFrom !== undefined)) {
    throw new CfgenError('REQUEST_INVALID', 'like: it takes the library sizes of a file, and others are asked for', {
      hint: 'Give one of the two.',
      details: { field: 'like' },
    });
  }
}
