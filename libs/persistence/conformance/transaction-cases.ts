import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { managerOf, statement } from '../database/transactions';
import type { Database, Transaction } from '../port/database';
import { inboxRows } from '../shared/inbox-rows';
import { addJob, command, find, newJob, start } from '../testing/rows';
import { jobRows } from '../stage/job-rows';

export function describeTransactions(open: () => Promise<Database>): void {
  const messages = (database: Database): Promise<string[]> =>
    database.transaction(async (transaction) =>
      (await statement(transaction, 'SELECT message_id FROM inbox ORDER BY message_id')).rows.map((row) => String(row.message_id)),
    );
  const remember = (transaction: Transaction, id: string): Promise<boolean> => inboxRows.remember(transaction, 'spec', id, start);

  describe('transactions', () => {
    it('keep all of their changes, or none', async () => {
      const database = await open();
      await database.transaction((transaction) => remember(transaction, 'kept'));
      const broken = database.transaction(async (transaction) => {
        await remember(transaction, 'lost');
        throw new RangeError('no');
      });
      await expect(broken).rejects.toThrow(RangeError);
      expect(await messages(database)).toEqual(['kept']);
    });

    it('do not interleave', async () => {
      const database = await open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) =>
          database.transaction(async (transaction) => {
            const name = String(i).padStart(2, '0');
            await remember(transaction, `${name}-a`);
            await sleep(i % 7);
            await remember(transaction, `${name}-b`);
            if (i % 2 === 1) throw new Error('odd');
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, i) => (i % 2 === 0 ? 'fulfilled' : 'rejected')));
      const expected = outcomes.flatMap((_, i) =>
        i % 2 === 0 ? [`${String(i).padStart(2, '0')}-a`, `${String(i).padStart(2, '0')}-b`] : [],
      );
      expect(await messages(database)).toEqual(expected);
    });

    it('reject when a statement failed and the caller went on', async () => {
      const database = await open();
      const broken = database.transaction(async (transaction) => {
        await remember(transaction, 'before');
        await statement(transaction, 'SELECT * FROM no_such_table').catch(() => undefined);
        return 'done';
      });
      await expect(broken).rejects.toThrow(/no_such_table/);
      expect(await messages(database)).toEqual([]);
      await database.transaction((transaction) => remember(transaction, 'after'));
      expect(await messages(database)).toEqual(['after']);
    });

    it('cannot be used after their end', async () => {
      const database = await open();
      const kept = await database.transaction(async (transaction) => ({ transaction }));
      await expect(remember(kept.transaction, 'late')).rejects.toMatchObject({ code: 'INTERNAL' });
      expect(() => managerOf(kept.transaction)).toThrow(/after its end/);
      expect(await messages(database)).toEqual([]);
    });

    it('refuse to be begun inside another one, instead of waiting for it for ever', async () => {
      const database = await open();
      const nested = database.transaction(() => database.transaction(async () => 1));
      await expect(nested).rejects.toMatchObject({ code: 'INTERNAL' });
      expect(await database.transaction(async () => 2)).toBe(2);
    });

    it('end before the database closes, and none begins afterwards', async () => {
      const database = await open();
      const running = database.transaction(async (transaction) => {
        await sleep(30);
        return remember(transaction, 'last');
      });
      const closing = database.close();
      await expect(running).resolves.toBe(true);
      await closing;
      await expect(database.transaction(async () => 1)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: false });
      await expect(database.check()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    });

    it('give back what they were given: large commands, any character, order of keys, large numbers', async () => {
      const database = await open();
      const data = { z: 'é 𝄞 \u0000 "quoted" :name $1 ?', a: [1, 0.1, 1e21, null, true], size: 2 ** 53 - 1, long: 'x'.repeat(60_000) };
      await addJob(database, 'large', { command: command('large', data) });
      const job = await find(database, 'large');
      expect(job).toEqual({
        ...newJobRow('large'),
        command: command('large', data),
      });
      expect(JSON.stringify(job.command)).toBe(JSON.stringify(command('large', data)));
    });

    it('refuse a statement that lacks a parameter, and take lists and repeated ones', async () => {
      const database = await open();
      await database.transaction(async (transaction) => {
        for (const id of ['a', 'b', 'c']) await remember(transaction, id);
        const sql =
          'SELECT message_id FROM inbox WHERE message_id IN (:ids) AND (received_at = :at OR received_at > :at) ORDER BY message_id';
        const { rows } = await statement(transaction, sql, { ids: ['a', 'c', ':at'], at: start });
        expect(rows).toEqual([{ message_id: 'a' }, { message_id: 'c' }]);
        await expect(statement(transaction, sql, { ids: ['a'] })).rejects.toMatchObject({
          code: 'INTERNAL',
          message: expect.stringContaining('at'),
        });
      });
    });

    it('say that the database is there', async () => {
      const database = await open();
      await expect(database.check()).resolves.toBeUndefined();
    });
  });

  function newJobRow(id: string) {
    const { now, ...job } = newJob(id);
    return {
      ...job,
      state: 'queued',
      attempts: 0,
      dueAt: now,
      leaseOwner: null,
      leaseEpoch: 0,
      leaseExpiresAt: null,
      cancelRequested: false,
      error: null,
      createdAt: now,
      startedAt: null,
      finishedAt: null,
    };
  }

  it('sees two inserts of one job as one, also at the same moment', async () => {
    const database = await open();
    const answers = await Promise.all(Array.from({ length: 8 }, () => addJob(database, 'twin')));
    expect(answers.filter((answer) => answer === 'inserted')).toHaveLength(1);
    expect(await database.transaction((transaction) => jobRows.counts(transaction))).toMatchObject({ queued: 1 });
  });
}
