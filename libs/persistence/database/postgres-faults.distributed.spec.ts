import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../port/database';
import { inboxRows } from '../shared/inbox-rows';
import { ownPostgres, type OwnPostgres } from '../testing/own-postgres';
import { addJob, find, start } from '../testing/rows';
import { openDatabase } from './open-database';
import { statement } from './transactions';

describe('a PostgreSQL that fails', () => {
  let server: OwnPostgres;
  let schemas = 0;
  const said: string[] = [];
  const open = (change: { url?: string; poolSize?: number; schema?: string } = {}): Promise<Database> =>
    openDatabase({
      location: { kind: 'postgres', url: server.url, schema: `fault_${schemas++}`, ...change },
      content: 'stage',
      now: Date.now,
      log: (message) => said.push(message),
    });
  beforeAll(async () => {
    server = await ownPostgres();
  });
  afterAll(() => server.remove());

  const unavailable = { name: 'CfgenError', code: 'DATABASE_UNAVAILABLE', retryable: true };
  const idsOf = (database: Database, consumer: string): Promise<string[]> =>
    database.transaction(async (transaction) =>
      (await statement(transaction, 'SELECT message_id FROM inbox WHERE consumer = :consumer', { consumer })).rows.map((row) =>
        String(row.message_id),
      ),
    );

  it('is unavailable while it is down, and serves again by itself; what was committed is there', async () => {
    const database = await open();
    await addJob(database, 'a');
    await server.kill();
    await expect(addJob(database, 'b')).rejects.toMatchObject(unavailable);
    await expect(database.check()).rejects.toMatchObject(unavailable);
    await expect(open()).rejects.toMatchObject(unavailable);
    await server.start();
    await database.check();
    expect(await addJob(database, 'c')).toBe('inserted');
    expect((await find(database, 'a')).state).toBe('queued');
    expect(
      await database.transaction(async (transaction) => (await statement(transaction, 'SELECT id FROM job ORDER BY id')).rows),
    ).toEqual([{ id: 'a' }, { id: 'c' }]);
    await database.close();
  });

  it('killed while transactions run: all that was acknowledged is there, nothing is half there', async () => {
    const database = await open();
    const acknowledged: string[] = [];
    const errors: unknown[] = [];
    let go = true;
    const write = async (worker: number): Promise<void> => {
      for (let i = 0; go; i++) {
        const id = `${worker}-${i}`;
        try {
          await database.transaction(async (transaction) => {
            await inboxRows.remember(transaction, 'first', id, start);
            await inboxRows.remember(transaction, 'second', id, start);
          });
          acknowledged.push(id);
        } catch (error) {
          errors.push(error);
          await sleep(50);
        }
      }
    };
    const writers = Promise.all(Array.from({ length: 6 }, (_, worker) => write(worker)));
    for (let round = 0; round < 2; round++) {
      await sleep(300);
      await server.kill();
      await sleep(200);
      await server.start();
    }
    const before = acknowledged.length;
    await sleep(300);
    go = false;
    await writers;
    expect(acknowledged.length).toBeGreaterThan(before);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatchObject(unavailable);
    const first = await idsOf(database, 'first');
    expect(first).toEqual(expect.arrayContaining(acknowledged));
    expect((await idsOf(database, 'second')).sort()).toEqual(first.sort());
    await database.close();
  });

  it('killed in the middle of a transaction: it rejects and leaves nothing', async () => {
    const database = await open();
    let written = (): void => undefined;
    const ready = new Promise<void>((resolve) => (written = resolve));
    let down = (): void => undefined;
    const killed = new Promise<void>((resolve) => (down = resolve));
    const broken = database.transaction(async (transaction) => {
      await inboxRows.remember(transaction, 'spec', 'lost', start);
      written();
      await killed;
      await inboxRows.remember(transaction, 'spec', 'lost too', start);
    });
    const outcome = expect(broken).rejects.toMatchObject(unavailable);
    await ready;
    await server.kill();
    down();
    await outcome;
    await server.start();
    expect(await idsOf(database, 'spec')).toEqual([]);
    await database.close();
  });

  it('that ends connections nobody uses harms nothing', async () => {
    const database = await open();
    const other = await open();
    await Promise.all(['a', 'b', 'c'].map((id) => addJob(database, id)));
    const ended = await other.transaction(async (transaction) => {
      const { rows } = await statement(
        transaction,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE :name AND pid <> pg_backend_pid() AND state = :idle',
        { name: 'cfgen fault%', idle: 'idle' },
      );
      return rows.length;
    });
    expect(ended).toBeGreaterThan(0);
    await sleep(100);
    expect(await addJob(database, 'd')).toBe('inserted');
    expect(said.join('\n')).toMatch(/Postgres pool raised an error/);
    await Promise.all([database.close(), other.close()]);
  });

  it('that does not answer in time is unavailable, and its connection is not used again', async () => {
    const database = await open({ url: `${server.url}?query_timeout=1500`, poolSize: 1 });
    await expect(database.transaction((transaction) => statement(transaction, 'SELECT pg_sleep(10)'))).rejects.toMatchObject(unavailable);
    expect(await addJob(database, 'a')).toBe('inserted');
    await database.close();
  });

  it('runs the loser of a deadlock again', async () => {
    const database = await open();
    await Promise.all(['a', 'b'].map((id) => addJob(database, id)));
    let runs = 0;
    const touch = (ids: readonly string[]): Promise<void> =>
      database.transaction(async (transaction) => {
        runs++;
        for (const id of ids) {
          await statement(transaction, 'UPDATE job SET max_attempts = max_attempts + 1 WHERE id = :id', { id });
          await sleep(100);
        }
      });
    await Promise.all([touch(['a', 'b']), touch(['b', 'a'])]);
    expect(runs).toBe(3);
    expect((await find(database, 'a')).maxAttempts).toBe(5);
    expect((await find(database, 'b')).maxAttempts).toBe(5);
    await database.close();
  });

  it('serves more transactions than it has connections', async () => {
    const database = await open({ poolSize: 2 });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => addJob(database, `job-${i}`)));
    expect(new Set(answers)).toEqual(new Set(['inserted']));
    await database.close();
  });

  it.each([
    ['wrong password', (url: string) => url.replace('cfgen-secret', 'wrong-password')],
    ['no such database', (url: string) => url.replace(/cfgen$/, 'nowhere')],
    ['not a postgres address', () => 'mysql://cfgen:cfgen-secret@db/cfgen'],
  ])('is refused with a clear word: %s', async (_name, change) => {
    const error = await open({ url: change(server.url) }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', retryable: false });
    expect(JSON.stringify(error)).not.toMatch(/cfgen-secret|wrong-password/);
  });

  it('refuses an address that would send all services to one schema', async () => {
    await expect(open({ url: `${server.url}?options=-c%20search_path%3Dpublic` })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/in the schema public, not in fault_/),
    });
  });

  it('refuses a schema whose name is not plain', async () => {
    for (const schema of ['Flow', 'a"; DROP SCHEMA public', '', 'pg_flow']) {
      await expect(open({ schema })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(schema) });
    }
  });
});
