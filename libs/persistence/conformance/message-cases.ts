import { describe, expect, it } from 'vitest';
import type { Database } from '../port/database';
import { inboxRows } from '../shared/inbox-rows';
import { outboxRows } from '../shared/outbox-rows';
import { start } from '../testing/rows';

export function describeMessages(open: () => Promise<Database>): void {
  describe('inbox', () => {
    const remember = (database: Database, consumer: string, id: string, now = start): Promise<boolean> =>
      database.transaction((transaction) => inboxRows.remember(transaction, consumer, id, now));

    it('knows a message that a consumer has taken, and only that consumer', async () => {
      const database = await open();
      expect(await remember(database, 'a', 'm')).toBe(true);
      expect(await remember(database, 'a', 'm')).toBe(false);
      expect(await remember(database, 'b', 'm')).toBe(true);
    });

    it('takes a message once when it is delivered several times at the same moment', async () => {
      const database = await open();
      const taken = await Promise.all(Array.from({ length: 10 }, () => remember(database, 'a', 'm')));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('does not know a message whose transaction was given up', async () => {
      const database = await open();
      const broken = database.transaction(async (transaction) => {
        await inboxRows.remember(transaction, 'a', 'm', start);
        throw new Error('no');
      });
      await expect(broken).rejects.toThrow('no');
      expect(await remember(database, 'a', 'm')).toBe(true);
    });

    it('forgets what is older than a time', async () => {
      const database = await open();
      await remember(database, 'a', 'old', start);
      await remember(database, 'a', 'new', start + 10);
      expect(await database.transaction((transaction) => inboxRows.forget(transaction, start + 10))).toBe(1);
      expect(await remember(database, 'a', 'new')).toBe(false);
      expect(await remember(database, 'a', 'old')).toBe(true);
    });
  });

  describe('outbox', () => {
    const add = (database: Database, producer: string, values: readonly string[], now = start): Promise<void> =>
      database.transaction((transaction) =>
        outboxRows.add(
          transaction,
          producer,
          values.map((value) => ({ topic: 'topic', key: 'key', value })),
          now,
        ),
      );
    const unsent = (database: Database, producer: string, adoptBefore = 0, limit = 100) =>
      database.transaction((transaction) => outboxRows.unsent(transaction, producer, adoptBefore, limit));

    it('gives messages back as they were, in the order they were written in', async () => {
      const database = await open();
      await database.transaction((transaction) =>
        outboxRows.add(transaction, 'p', [{ topic: 't', key: 'k', value: '{"a":"é"}', headers: { traceparent: '00-1' } }], start),
      );
      const many = Array.from({ length: 2500 }, (_, i) => `value ${i}`);
      await add(database, 'p', many);
      await add(database, 'p', []);
      const messages = await unsent(database, 'p', 0, 5000);
      expect(messages[0]).toEqual({
        sequence: messages[0]!.sequence,
        topic: 't',
        key: 'k',
        value: '{"a":"é"}',
        headers: { traceparent: '00-1' },
      });
      expect(messages.slice(1).map(({ value }) => value)).toEqual(many);
      expect(messages.every(({ sequence }, i) => i === 0 || sequence > messages[i - 1]!.sequence)).toBe(true);
      expect(messages[1]!.headers).toEqual({});
      expect((await unsent(database, 'p', 0, 3)).map(({ value }) => value)).toEqual(['{"a":"é"}', 'value 0', 'value 1']);
    });

    it('forgets what was sent, and never uses a number again', async () => {
      const database = await open();
      await add(database, 'p', ['a', 'b', 'c']);
      const [first, , last] = await unsent(database, 'p');
      await database.transaction((transaction) => outboxRows.sent(transaction, [first!.sequence, last!.sequence]));
      await database.transaction((transaction) => outboxRows.sent(transaction, []));
      expect((await unsent(database, 'p')).map(({ value }) => value)).toEqual(['b']);
      expect(await database.transaction((transaction) => outboxRows.count(transaction))).toBe(1);
      await add(database, 'p', ['d']);
      expect((await unsent(database, 'p'))[1]!.sequence).toBeGreaterThan(last!.sequence);
    });

    it('leaves the messages of another producer alone until they are old', async () => {
      const database = await open();
      await add(database, 'dead', ['left behind'], start);
      await add(database, 'p', ['own'], start + 5);
      await add(database, 'busy', ['young'], start + 9);
      expect((await unsent(database, 'p', start)).map(({ value }) => value)).toEqual(['own']);
      expect((await unsent(database, 'p', start + 9)).map(({ value }) => value)).toEqual(['left behind', 'own']);
    });

    it('holds no message of a transaction that was given up', async () => {
      const database = await open();
      const broken = database.transaction(async (transaction) => {
        await outboxRows.add(transaction, 'p', [{ topic: 't', key: 'k', value: 'v' }], start);
        throw new Error('no');
      });
      await expect(broken).rejects.toThrow('no');
      expect(await unsent(database, 'p')).toEqual([]);
    });
  });
}
