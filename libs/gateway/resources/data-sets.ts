import { CfgenError, type DataSetState } from '@cfgen/contracts';
import { dataSetRows, runRows, type DataSetRow, type Transaction } from '@cfgen/persistence';
import type { Gateway } from '../gateway';
import { refOfDataSet } from './run-facts/references';

export interface NewDataSet {
  readonly id: string;
  readonly kind: DataSetRow['kind'];
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Puts a content that lies in the blob store on record, and has it looked into. A content that is known is answered as it is; one that was
 * refused is looked into again.
 */
export async function addDataSet(gateway: Gateway, given: NewDataSet): Promise<{ readonly row: DataSetRow; readonly created: boolean }> {
  const { database, now } = gateway.options;
  const inspected = given.kind === 'cells';
  const state: DataSetState = inspected ? 'validating' : 'ready';
  const row: DataSetRow = {
    ...{ ...given, state, cells: null, features: null, format: null, inspection: null, problems: [], error: null },
    ...{ createdAt: now(), deletedAt: null },
  };
  const known = await database.transaction((transaction) => dataSetRows.findContent(transaction, given.sha256, given.kind));
  if (known !== null && known.state !== 'refused') return { row: known, created: false };
  if (!inspected)
    return { row: await database.transaction((transaction) => dataSetRows.insert(transaction, row)), created: known === null };

  let kept = row;
  const dataSetId = known?.id ?? given.id;
  const facts = { dataSetId, fileName: row.name, data: refOfDataSet(row, 'data') };
  // The run of a new data set has its id, so that the same request again begins nothing new.
  const runId = known === null ? given.id : gateway.options.newId();
  await gateway.engine.start({ id: runId, type: 'ingest', hidden: true, request: {}, facts }, async (transaction) => {
    kept = await dataSetRows.insert(transaction, row);
    if (kept.state === 'refused') {
      await dataSetRows.update(transaction, kept.id, { state: 'validating', error: null, problems: [] });
      kept = { ...kept, state: 'validating', error: null, problems: [] };
    }
  });
  return { row: kept, created: kept.id === given.id };
}

/** @throws CfgenError NOT_FOUND */
export async function requireDataSet(transaction: Transaction, id: string): Promise<DataSetRow> {
  const row = await dataSetRows.find(transaction, id);
  if (row === null) throw new CfgenError('NOT_FOUND', `there is no data set ${id}`, { details: { id } });
  return row;
}

/** @throws CfgenError CONFLICT when a run that has not ended uses a content */
export async function refuseWhileUsed(transaction: Transaction, what: string, sha256: string): Promise<void> {
  const user = (await runRows.active(transaction)).find(({ facts }) => JSON.stringify(facts).includes(sha256));
  if (user === undefined) return;
  throw new CfgenError('CONFLICT', `${what} is used by the ${user.type} run ${user.id}, which has not ended`, {
    hint: 'Wait for the run, or cancel it.',
    details: { runId: user.id },
  });
}
