import { IsNull, type FindOptionsWhere } from 'typeorm';
import { managerOf } from '../database/transactions';
import type { Transaction } from '../port/database';
import { dataSetEntity } from './entities';
import type { DataSetRow } from './gateway-rows';
import { insertOrIgnore, pageOfRows, partial, type PageRequest, type RowPage } from './page';

const living = { deletedAt: IsNull() } satisfies FindOptionsWhere<DataSetRow>;

/** Data sets. The same content is kept once for each kind, as long as it is not deleted. */
export const dataSetRows = {
  /** Answers the row that is kept: the given one, or the one that holds this content already. */
  async insert(transaction: Transaction, row: DataSetRow): Promise<DataSetRow> {
    const manager = managerOf(transaction);
    await insertOrIgnore(manager, dataSetEntity, [row]);
    const kept = await manager.findOne(dataSetEntity, { where: { sha256: row.sha256, kind: row.kind, ...living } });
    return kept ?? row;
  },

  async find(transaction: Transaction, id: string): Promise<DataSetRow | null> {
    return managerOf(transaction).findOne(dataSetEntity, { where: { id, ...living } });
  },

  async findContent(transaction: Transaction, sha256: string, kind: DataSetRow['kind']): Promise<DataSetRow | null> {
    return managerOf(transaction).findOne(dataSetEntity, { where: { sha256, kind, ...living } });
  },

  async update(transaction: Transaction, id: string, changes: Partial<Omit<DataSetRow, 'id'>>): Promise<void> {
    await managerOf(transaction).update(dataSetEntity, { id }, partial<DataSetRow>(changes));
  },

  async list(
    transaction: Transaction,
    filter: { readonly kind?: DataSetRow['kind'] | undefined; readonly state?: DataSetRow['state'] | undefined },
    page: PageRequest,
  ): Promise<RowPage<DataSetRow>> {
    return pageOfRows(managerOf(transaction), dataSetEntity, { ...filter, deletedAt: null }, page);
  },

  /** Hashes of all contents that are kept. */
  async contents(transaction: Transaction): Promise<readonly string[]> {
    const rows = await managerOf(transaction).find(dataSetEntity, { where: living, select: { id: true, sha256: true } });
    return rows.map(({ sha256 }) => sha256);
  },
};
