import { LessThan } from 'typeorm';
import { managerOf } from '../database/transactions';
import type { Transaction } from '../port/database';
import { apiTokenEntity, idempotencyEntity } from './entities';
import type { ApiTokenRow, IdempotencyRow } from './gateway-rows';
import { insertOrIgnore, pageOfRows, partial, type PageRequest, type RowPage } from './page';

/** Tokens. The secret is not kept, its hash is. */
export const apiTokenRows = {
  async insert(transaction: Transaction, row: ApiTokenRow): Promise<void> {
    await managerOf(transaction).insert(apiTokenEntity, partial<ApiTokenRow>(row));
  },

  async findByHash(transaction: Transaction, hash: string): Promise<ApiTokenRow | null> {
    return managerOf(transaction).findOne(apiTokenEntity, { where: { hash } });
  },

  async find(transaction: Transaction, id: string): Promise<ApiTokenRow | null> {
    return managerOf(transaction).findOne(apiTokenEntity, { where: { id } });
  },

  async list(transaction: Transaction, page: PageRequest): Promise<RowPage<ApiTokenRow>> {
    return pageOfRows(managerOf(transaction), apiTokenEntity, {}, page);
  },

  /** Tokens that were ever made, revoked ones included. */
  async count(transaction: Transaction): Promise<number> {
    return managerOf(transaction).count(apiTokenEntity);
  },

  async update(transaction: Transaction, id: string, changes: Partial<Pick<ApiTokenRow, 'lastUsedAt' | 'revokedAt'>>): Promise<void> {
    await managerOf(transaction).update(apiTokenEntity, { id }, partial<ApiTokenRow>(changes));
  },
};

/** Requests that were made under an `Idempotency-Key`. */
export const idempotencyRows = {
  /** Reserves a key. Answers the row that holds it: the given one, or an earlier one. */
  async reserve(transaction: Transaction, row: IdempotencyRow, now: number): Promise<IdempotencyRow> {
    const manager = managerOf(transaction);
    const { token, key } = row;
    await manager.delete(idempotencyEntity, { token, key, expiresAt: LessThan(now) });
    await insertOrIgnore(manager, idempotencyEntity, [row]);
    return (await manager.findOne(idempotencyEntity, { where: { token, key } })) ?? row;
  },

  async update(
    transaction: Transaction,
    id: Pick<IdempotencyRow, 'token' | 'key'>,
    changes: Partial<Pick<IdempotencyRow, 'response' | 'createdAt' | 'expiresAt'>>,
  ): Promise<void> {
    await managerOf(transaction).update(idempotencyEntity, { token: id.token, key: id.key }, partial<IdempotencyRow>(changes));
  },

  /** Gives a key back after a failure, so that the same request can be tried again. */
  async release(transaction: Transaction, { token, key }: Pick<IdempotencyRow, 'token' | 'key'>): Promise<void> {
    await managerOf(transaction).delete(idempotencyEntity, { token, key });
  },

  async forget(transaction: Transaction, now: number): Promise<void> {
    await managerOf(transaction).delete(idempotencyEntity, { expiresAt: LessThan(now) });
  },
};
