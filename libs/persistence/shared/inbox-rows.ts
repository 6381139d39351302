import { managerOf, statement } from '../database/transactions';
import type { InboxRows } from '../port/shared-rows';
import { inboxEntity } from './entities';

/** Which messages a consumer has taken; the same on both databases. */
export const inboxRows: InboxRows = {
  async remember(transaction, consumer, messageId, now) {
    // Two deliveries at once: the second waits here for the first to commit, and then finds its row.
    const { rows } = await statement(
      transaction,
      `INSERT INTO inbox (consumer, message_id, received_at) VALUES (:consumer, :messageId, :now)
       ON CONFLICT DO NOTHING RETURNING message_id`,
      { consumer, messageId, now },
    );
    return rows.length === 1;
  },

  async forget(transaction, before) {
    const result = await managerOf(transaction)
      .createQueryBuilder()
      .delete()
      .from(inboxEntity)
      .where('received_at < :before', { before })
      .execute();
    return result.affected ?? 0;
  },
};
