import { blobKey, CfgenError, ulidPattern, type BlobRef } from '@cfgen/contracts';
import { dataSetRows, modelAliasRows, modelRows, type DataSetRow, type ModelRow, type Transaction } from '@cfgen/persistence';

/** A file under the name it goes by. */
export interface NamedRef {
  readonly name: string;
  readonly ref: BlobRef;
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

export async function readyDataSet(transaction: Transaction, id: string, kind: DataSetRow['kind'], field: string): Promise<DataSetRow> {
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

export async function namedDataSet(transaction: Transaction, id: string, kind: DataSetRow['kind'], field: string): Promise<NamedRef> {
  const row = await readyDataSet(transaction, id, kind, field);
  return { name: row.name, ref: refOfDataSet(row, 'data') };
}

export async function optionalDataSet(
  transaction: Transaction,
  id: string | undefined,
  kind: DataSetRow['kind'],
  field: string,
): Promise<NamedRef | undefined> {
  return id === undefined ? undefined : namedDataSet(transaction, id, kind, field);
}

export function refOfDataSet({ sha256, bytes, kind }: DataSetRow, name: string): BlobRef {
  const mediaType = kind === 'split' ? 'text/tab-separated-values' : 'application/octet-stream';
  return { name, uri: blobKey(sha256), sha256, bytes, mediaType, schema: '' };
}
