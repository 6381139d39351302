import { managerOf } from '../database/transactions';
import type { Transaction } from '../port/database';
import { deadLetterEntity } from './entities';
import type { DeadLetterRow } from './gateway-rows';
import { insertOrIgnore, pageOfRows, partial, type PageRequest, type RowPage } from './page';

/** Messages that nobody could read. */
export const deadLetterRows = {
  /** The same letter, by its fingerprint, is kept once. */
  async insert(transaction: Transaction, row: DeadLetterRow): Promise<void> {
    await insertOrIgnore(managerOf(transaction), deadLetterEntity, [row]);
  },

  async find(transaction: Transaction, id: string): Promise<DeadLetterRow | null> {
    return managerOf(transaction).findOne(deadLetterEntity, { where: { id } });
  },

  async list(
    transaction: Transaction,
    filter: { readonly topic?: string | undefined },
    page: PageRequest,
  ): Promise<RowPage<DeadLetterRow>> {
    return pageOfRows(managerOf(transaction), deadLetterEntity, filter, page);
  },

  async replayed(transaction: Transaction, id: string, now: number): Promise<void> {
    await managerOf(transaction).update(deadLetterEntity, { id }, partial<DeadLetterRow>({ replayedAt: now }));
  },

  async delete(transaction: Transaction, id: string): Promise<void> {
    await managerOf(transaction).delete(deadLetterEntity, { id });
  },
};
