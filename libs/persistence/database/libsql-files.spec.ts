import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Database } from '../port/database';
import { inboxRows } from '../shared/inbox-rows';
import { outboxRows } from '../shared/outbox-rows';
import { addJob, find, start } from '../testing/rows';
import { openDatabase } from './open-database';
import { statement } from './transactions';

describe('a file of libsql', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cfgen-files-'));
  let files = 0;
  const newFile = (): string => join(folder, `${files++}.db`);
  const open = (file: string, now: () => number = Date.now): Promise<Database> =>
    openDatabase({ location: { kind: 'libsql', file }, content: 'stage', now });
  afterAll(() => rmSync(folder, { recursive: true }));

  const rowsOf = (database: Database, consumer: string): Promise<string[]> =>
    database.transaction(async (transaction) =>
      (await statement(transaction, 'SELECT message_id FROM inbox WHERE consumer = :consumer', { consumer })).rows.map((row) =>
        String(row.message_id),
      ),
    );

  it('is written so that a commit is on the disk when it is acknowledged', async () => {
    const database = await open(newFile());
    const settings = await database.transaction(async (transaction) =>
      Promise.all(['journal_mode', 'synchronous', 'foreign_keys'].map((name) => statement(transaction, `PRAGMA ${name}`))),
    );
    expect(settings.map(({ rows }) => Object.values(rows[0]!)[0])).toEqual(['wal', 2, 1]);
    await database.close();
  });

  it('is shared by several processes: each waits for the other, and no change is lost', async () => {
    const file = newFile();
    const both = [await open(file), await open(file)];
    await both[0]!.transaction((transaction) => outboxRows.add(transaction, '0', [{ topic: 't', key: 'k', value: 'v' }], start));
    // Reads, pauses, writes what it read plus one: lost when two run side by side.
    const count = (database: Database): Promise<void> =>
      database.transaction(async (transaction) => {
        const { rows } = await statement(transaction, 'SELECT producer FROM outbox');
        await sleep(5);
        await statement(transaction, 'UPDATE outbox SET producer = :next', { next: String(Number(rows[0]!.producer) + 1) });
      });
    await Promise.all(Array.from({ length: 20 }, (_, i) => count(both[i % 2]!)));
    const [row] = await both[1]!.transaction((transaction) => outboxRows.unsent(transaction, '20', 0, 10));
    expect(row).toBeDefined();
    await Promise.all(both.map((database) => database.close()));
  });

  it('that another process holds too long is unavailable, and serves again afterwards', async () => {
    const file = newFile();
    let time = start;
    const holder = await open(file);
    const other = await open(file, () => (time += 4000));
    let letGo = (): void => undefined;
    const held = holder.transaction(async (transaction) => {
      await inboxRows.remember(transaction, 'holder', 'm', start);
      await new Promise<void>((resolve) => (letGo = resolve));
    });
    await sleep(20);
    await expect(addJob(other, 'a')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining(file),
    });
    letGo();
    await held;
    expect(await addJob(other, 'a')).toBe('inserted');
    expect((await find(holder, 'a')).state).toBe('queued');
    await Promise.all([holder.close(), other.close()]);
  });

  it('stays all or nothing after a transaction that SQLite ended itself, as it does when the disk is full', async () => {
    const file = newFile();
    const database = await open(file);
    const ended = database.transaction(async (transaction) => {
      await inboxRows.remember(transaction, 'a', 'lost', start);
      await statement(transaction, 'ROLLBACK');
    });
    await expect(ended).rejects.toThrow(/no transaction is active/);
    const broken = database.transaction(async (transaction) => {
      await inboxRows.remember(transaction, 'a', 'lost too', start);
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    await database.transaction((transaction) => inboxRows.remember(transaction, 'a', 'kept', start));
    const other = await open(file);
    expect(await rowsOf(other, 'a')).toEqual(['kept']);
    await Promise.all([database.close(), other.close()]);
  });

  it('that is no database, or a folder, is refused by name and left as it is', async () => {
    const file = newFile();
    writeFileSync(file, 'a,b\n1,2\n'.repeat(1000));
    for (const path of [file, folder, join(file, 'below.db')]) {
      await expect(open(path), path).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(path) });
    }
  });

  it('keeps every acknowledged commit of a process that was killed, and no half of another', async () => {
    const file = newFile();
    const script = fileURLToPath(new URL('../testing/write-for-ever.ts', import.meta.url));
    const writer = spawn(process.execPath, ['--import', 'tsx', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise<void>((enough, failed) => {
      writer.on('exit', (status) => failed(new Error(`The writer ended by itself with ${String(status)}`)));
      writer.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.length > 300) enough();
      });
    });
    const gone = new Promise((resolve) => writer.on('exit', resolve));
    writer.kill('SIGKILL');
    await gone;
    const acknowledged = said.split('\n').slice(0, -1);
    const database = await open(file);
    const kept = await rowsOf(database, 'first');
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
    expect((await rowsOf(database, 'second')).sort()).toEqual(kept.sort());
    expect(await addJob(database, 'a')).toBe('inserted');
    await database.close();
  });
});
