import { Controller, Inject } from '@nestjs/common';
import { CfgenError, type Model, type ModelAlias, type ModelDetails } from '@cfgen/contracts';
import { modelAliasRows, modelRows, type ModelRow } from '@cfgen/persistence';
import type { Gateway } from '../../gateway';
import { refuseWhileUsed } from '../../resources/data-sets';
import { requireModel } from '../../resources/run-facts/references';
import { isoTime, mediaTypeOf, modelView } from '../../resources/views';
import type { StreamAnswer } from '../answer';
import { contentAnswer } from '../content';
import { cursorText, readCursor } from '../cursor';
import { gatewayToken } from '../gateway-token';
import { Operates, TheCall, type Call } from '../operation';

/** Trained models and the names that point at them. */
@Controller()
export class ModelsController {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('listModels')
  async list(@TheCall() { query }: Call<'listModels'>): Promise<{ items: Model[]; nextCursor: string | null }> {
    const page = { after: readCursor(query.cursor), limit: query.limit };
    return this.gateway.options.database.transaction(async (transaction) => {
      const { rows, next } = await modelRows.list(transaction, page);
      const aliases = await modelAliasRows.ofModels(
        transaction,
        rows.map(({ id }) => id),
      );
      return { items: rows.map((row) => modelView(row, aliases)), nextCursor: next === null ? null : cursorText(next) };
    });
  }

  @Operates('getModel')
  async get(@TheCall() { params }: Call<'getModel'>): Promise<ModelDetails> {
    const { row, view } = await this.gateway.options.database.transaction(async (transaction) => {
      const found = await requireModel(transaction, params.id);
      return { row: found, view: modelView(found, await modelAliasRows.ofModels(transaction, [found.id])) };
    });
    const card = await this.text(row, 'README.md');
    const description = JSON.parse(await this.text(row, 'model.json')) as ModelDetails['training'];
    return { ...view, card, training: description };
  }

  @Operates('getModelFile')
  async file(@TheCall() { params, headers, signal }: Call<'getModelFile'>): Promise<StreamAnswer> {
    const { database, blobs } = this.gateway.options;
    const model = await database.transaction((transaction) => requireModel(transaction, params.id));
    const file = model.files.find(({ name }) => name === params.name);
    if (file === undefined) {
      const names = model.files.map(({ name }) => name).join(', ');
      throw new CfgenError('NOT_FOUND', `model ${model.id} has no file "${params.name}"`, { hint: `Files are: ${names}.` });
    }
    const { name, ref } = file;
    return contentAnswer({
      blobs,
      ref,
      fileName: name,
      mediaType: mediaTypeOf(name, ref),
      range: headers.range,
      ifRange: headers['if-range'],
      signal,
    });
  }

  @Operates('deleteModel')
  async delete(@TheCall() { params }: Call<'deleteModel'>): Promise<void> {
    const { database, now } = this.gateway.options;
    await database.transaction(async (transaction) => {
      const { id, ref } = await requireModel(transaction, params.id);
      const [alias] = await modelAliasRows.ofModels(transaction, [id]);
      if (alias !== undefined) {
        throw new CfgenError('CONFLICT', `the alias "${alias.alias}" points at model ${id}`, {
          hint: 'Point it elsewhere or delete it first.',
          details: { alias: alias.alias },
        });
      }
      await refuseWhileUsed(transaction, `model ${id}`, ref.sha256);
      await modelRows.delete(transaction, id, now());
    });
  }

  @Operates('listModelAliases')
  async listAliases(@TheCall() { query }: Call<'listModelAliases'>): Promise<{ items: ModelAlias[]; nextCursor: string | null }> {
    const after = readCursor(query.cursor)?.id ?? '';
    const { rows, next } = await this.gateway.options.database.transaction((transaction) =>
      modelAliasRows.list(transaction, after, query.limit),
    );
    const items = rows.map(({ alias, modelId, updatedAt }) => ({ alias, modelId, updatedAt: isoTime(updatedAt) }));
    return { items, nextCursor: next === null ? null : cursorText({ createdAt: 0, id: next }) };
  }

  @Operates('setModelAlias')
  async setAlias(@TheCall() { params, body }: Call<'setModelAlias'>): Promise<ModelAlias> {
    const { database, now } = this.gateway.options;
    const updatedAt = now();
    await database.transaction(async (transaction) => {
      await requireModel(transaction, body.modelId);
      await modelAliasRows.set(transaction, { alias: params.alias, modelId: body.modelId, updatedAt });
    });
    return { alias: params.alias, modelId: body.modelId, updatedAt: isoTime(updatedAt) };
  }

  @Operates('deleteModelAlias')
  async deleteAlias(@TheCall() { params }: Call<'deleteModelAlias'>): Promise<void> {
    const gone = await this.gateway.options.database.transaction((transaction) => modelAliasRows.delete(transaction, params.alias));
    if (!gone) throw new CfgenError('NOT_FOUND', `there is no alias "${params.alias}"`, { details: { alias: params.alias } });
  }

  /** A small file of a model; empty where the model has none of this name. */
  private async text(model: ModelRow, name: string): Promise<string> {
    const file = model.files.find((each) => each.name === name);
    if (file === undefined) return name.endsWith('.json') ? '{}' : '';
    return new TextDecoder().decode(await this.gateway.options.blobs.readWhole(file.ref.sha256));
  }
}
