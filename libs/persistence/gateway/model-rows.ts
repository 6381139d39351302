import { In, IsNull } from 'typeorm';
import { managerOf } from '../database/transactions';
import type { Transaction } from '../port/database';
import { modelAliasEntity, modelEntity } from './entities';
import type { ModelAliasRow, ModelRow } from './gateway-rows';
import { insertOrIgnore, pageOfRows, partial, type PageRequest, type RowPage } from './page';

/** Models. They never change. */
export const modelRows = {
  async insert(transaction: Transaction, row: ModelRow): Promise<void> {
    await insertOrIgnore(managerOf(transaction), modelEntity, [row]);
  },

  async find(transaction: Transaction, id: string): Promise<ModelRow | null> {
    return managerOf(transaction).findOne(modelEntity, { where: { id, deletedAt: IsNull() } });
  },

  async list(transaction: Transaction, page: PageRequest): Promise<RowPage<ModelRow>> {
    return pageOfRows(managerOf(transaction), modelEntity, { deletedAt: null }, page);
  },

  async delete(transaction: Transaction, id: string, now: number): Promise<void> {
    await managerOf(transaction).update(modelEntity, { id }, partial<ModelRow>({ deletedAt: now }));
  },

  async all(transaction: Transaction): Promise<readonly ModelRow[]> {
    return managerOf(transaction).find(modelEntity, { where: { deletedAt: IsNull() } });
  },
};

/** Names that point at models and can be moved. */
export const modelAliasRows = {
  async set(transaction: Transaction, row: ModelAliasRow): Promise<void> {
    await managerOf(transaction).upsert(modelAliasEntity, partial<ModelAliasRow>(row), ['alias']);
  },

  async find(transaction: Transaction, alias: string): Promise<ModelAliasRow | null> {
    return managerOf(transaction).findOne(modelAliasEntity, { where: { alias } });
  },

  /** By name; `after`: the last name of the page before. */
  async list(
    transaction: Transaction,
    after: string,
    limit: number,
  ): Promise<{ readonly rows: readonly ModelAliasRow[]; readonly next: string | null }> {
    const rows = await managerOf(transaction)
      .createQueryBuilder(modelAliasEntity, 'row')
      .where('row.alias > :after', { after })
      .orderBy('row.alias', 'ASC')
      .limit(limit + 1)
      .getMany();
    const page = rows.slice(0, limit);
    return { rows: page, next: rows.length > page.length ? (page.at(-1)?.alias ?? null) : null };
  },

  async ofModels(transaction: Transaction, modelIds: readonly string[]): Promise<readonly ModelAliasRow[]> {
    if (modelIds.length === 0) return [];
    return managerOf(transaction).find(modelAliasEntity, { where: { modelId: In([...modelIds]) }, order: { alias: 'ASC' } });
  },

  /** False when there is no such alias. */
  async delete(transaction: Transaction, alias: string): Promise<boolean> {
    const found = await modelAliasRows.find(transaction, alias);
    if (found === null) return false;
    await managerOf(transaction).delete(modelAliasEntity, { alias });
    return true;
  },
};
