import { managerOf } from '../database/transactions';
import type { OutboxRows } from '../port/shared-rows';
import { outboxEntity } from './entities';

/** As many rows a statement as keep it far below the limits on parameters (32,766 of SQLite, 65,535 of PostgreSQL). */
const rowsAStatement = 1000;

/**
 * What has to be published; the same on both databases.
 *
 * Numbers are given when a row is written and seen when it is committed: of two transactions side by side the later number may be seen first.
 * A change that follows from another one comes after its commit and so has the later number, which is all that consumers rely on.
 */
export const outboxRows: OutboxRows = {
  async add(transaction, producer, entries, now) {
    for (let from = 0; from < entries.length; from += rowsAStatement) {
      const values = entries
        .slice(from, from + rowsAStatement)
        .map(({ topic, key, value, headers }) => ({ producer, topic, key, value, headers: headers ?? {}, createdAt: now }));
      await managerOf(transaction).createQueryBuilder().insert().into(outboxEntity).values(values).updateEntity(false).execute();
    }
  },

  async unsent(transaction, producer, adoptBefore, limit) {
    const rows = await managerOf(transaction)
      .createQueryBuilder(outboxEntity, 'message')
      .where('message.producer = :producer OR message.createdAt < :adoptBefore', { producer, adoptBefore })
      .orderBy('message.sequence')
      .limit(limit)
      .getMany();
    return rows.map(({ sequence, topic, key, value, headers }) => ({ sequence, topic, key, value, headers }));
  },

  async sent(transaction, sequences) {
    for (let from = 0; from < sequences.length; from += rowsAStatement) {
      await managerOf(transaction)
        .createQueryBuilder()
        .delete()
        .from(outboxEntity)
        .where('sequence IN (:...sequences)', { sequences: sequences.slice(from, from + rowsAStatement) })
        .execute();
    }
  },

  async count(transaction) {
    return managerOf(transaction).createQueryBuilder(outboxEntity, 'message').getCount();
  },
};
