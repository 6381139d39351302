import { Controller, Inject } from '@nestjs/common';
import { CfgenError, type DataSet } from '@cfgen/contracts';
import { dataSetRows } from '@cfgen/persistence';
import type { Gateway } from '../../gateway';
import { addDataSet, refuseWhileUsed, requireDataSet } from '../../resources/data-sets';
import { refOfDataSet } from '../../resources/run-facts/references';
import { dataSetView } from '../../resources/views';
import { Answer, type StreamAnswer } from '../answer';
import { contentAnswer } from '../content';
import { pageView, readCursor } from '../cursor';
import { gatewayToken } from '../gateway-token';
import { Operates, TheCall, type Call } from '../operation';

const defaultNames = { cells: 'data.h5ad', split: 'split.tsv', checkpoint: 'checkpoint.safetensors' } as const;
/** A split is a table of barcodes: larger ones are something else. */
const maximumSplitBytes = 1024 ** 3;
const defaultUploadBytes = 50 * 1024 ** 3;

/** Files that are uploaded or imported. */
@Controller()
export class DataSetsController {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('addDataSet')
  async add(@TheCall() call: Call<'addDataSet'>): Promise<Answer> {
    const { blobs, uploadBytes = defaultUploadBytes } = this.gateway.options;
    const imported = call.upload === null ? await blobs.openImport(call.body.uri, call.signal) : null;
    const { kind, name } = call.upload === null ? call.body : call.query;
    const content = call.upload ?? imported?.content;
    if (content === undefined) throw new CfgenError('REQUEST_INVALID', 'the request brings no file');
    const maxBytes = kind === 'split' ? Math.min(uploadBytes, maximumSplitBytes) : uploadBytes;
    // The bytes go to the store as they come; what is broken off leaves nothing there.
    const stored = await blobs.put(content, { maxBytes, signal: call.signal }).catch((error: unknown) => {
      throw call.signal.aborted ? new CfgenError('INPUT_INCOMPLETE', 'the upload was broken off', { cause: error }) : error;
    });
    if (stored.bytes === 0) throw new CfgenError('INPUT_EMPTY', 'the file is empty', { hint: 'Send the bytes of the file as the body.' });
    const given = { id: call.reservedId, kind, name: name ?? imported?.fileName ?? defaultNames[kind], ...stored };
    const { row, created } = await addDataSet(this.gateway, given);
    return new Answer(created ? 201 : 200, dataSetView(row), { location: `/v1/data-sets/${row.id}` });
  }

  @Operates('listDataSets')
  async list(@TheCall() { query }: Call<'listDataSets'>): Promise<{ items: DataSet[]; nextCursor: string | null }> {
    const { cursor, limit, kind, state } = query;
    const page = { after: readCursor(cursor), limit };
    return pageView(
      await this.gateway.options.database.transaction((transaction) => dataSetRows.list(transaction, { kind, state }, page)),
      dataSetView,
    );
  }

  @Operates('getDataSet')
  async get(@TheCall() { params }: Call<'getDataSet'>): Promise<DataSet> {
    return dataSetView(await this.gateway.options.database.transaction((transaction) => requireDataSet(transaction, params.id)));
  }

  @Operates('deleteDataSet')
  async delete(@TheCall() { params }: Call<'deleteDataSet'>): Promise<void> {
    const { database, now } = this.gateway.options;
    await database.transaction(async (transaction) => {
      const row = await requireDataSet(transaction, params.id);
      await refuseWhileUsed(transaction, `data set ${row.id}`, row.sha256);
      await dataSetRows.update(transaction, row.id, { deletedAt: now() });
    });
  }

  @Operates('getDataSetContent')
  async content(@TheCall() { params, headers, signal }: Call<'getDataSetContent'>): Promise<StreamAnswer> {
    const { database, blobs } = this.gateway.options;
    const row = await database.transaction((transaction) => requireDataSet(transaction, params.id));
    const ref = refOfDataSet(row, 'data');
    return contentAnswer({
      blobs,
      ref,
      fileName: row.name,
      mediaType: ref.mediaType,
      range: headers.range,
      ifRange: headers['if-range'],
      signal,
    });
  }
}
