import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ulid } from '@cfgen/contracts';
import { openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { createFolderStore, type BlobStore } from '@cfgen/storage';
import { RunEngine } from '../runs/run-engine';
import { fixedRandom } from './fixed-random';
import { ScriptedStages, type Reply } from './scripted-stages';

/** In memory where there is such a place: these worlds write thousands of small transactions, each safe on disk before the next. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * A gateway without servers, one step at a time: the outbox is carried to scripted services, and their events come back in any order,
 * twice, and with the gateway dying in between.
 */
export class RunWorld {
  private constructor(
    readonly folder: string,
    readonly blobs: BlobStore,
    readonly stages: ScriptedStages,
    readonly random: () => number,
    readonly newId: () => string,
    public database: Database,
    public engine: RunEngine,
    private readonly open: () => Promise<{ database: Database; engine: RunEngine }>,
  ) {}

  /** Events on their way. */
  readonly pool: Reply[] = [];
  /** Events that were delivered. */
  delivered = 0;

  static async create(seed: number, changed: (store: BlobStore) => BlobStore = (store) => store): Promise<RunWorld> {
    const folder = await mkdtemp(join(scratch, 'cfgen-runs-'));
    const random = fixedRandom(seed);
    let time = 1_700_000_000_000;
    const now = (): number => (time += 10);
    const newId = (): string =>
      ulid(
        now(),
        Uint8Array.from({ length: 10 }, () => Math.floor(random() * 256)),
      );
    const blobs = createFolderStore({ folder: join(folder, 'blobs'), now });
    const open = async (): Promise<{ database: Database; engine: RunEngine }> => {
      const database = await openDatabase({ location: { kind: 'libsql', file: join(folder, 'gateway.db') }, content: 'gateway', now });
      return { database, engine: new RunEngine({ database, blobs: changed(blobs), now, newId, producer: 'gateway-spec' }) };
    };
    const { database, engine } = await open();
    return new RunWorld(folder, blobs, new ScriptedStages(blobs, newId), random, newId, database, engine, open);
  }

  /** The process dies and comes back: nothing but rows and blobs is left. */
  async die(): Promise<void> {
    await this.database.close();
    const { database, engine } = await this.open();
    this.database = database;
    this.engine = engine;
    await engine.sweep();
  }

  /** Carries the outbox to the services; their answers join those on their way. */
  async carry(): Promise<number> {
    const messages = await this.database.transaction((transaction) => outboxRows.unsent(transaction, 'gateway-spec', 0, 1000));
    for (const message of messages) this.pool.push(...(await this.stages.answer(message.value)));
    await this.database.transaction((transaction) =>
      outboxRows.sent(
        transaction,
        messages.map(({ sequence }) => sequence),
      ),
    );
    return messages.length;
  }

  /** Delivers any of the events on their way; now and then one that will come again. */
  async deliver(duplicates = 0.3): Promise<void> {
    const at = Math.floor(this.random() * this.pool.length);
    const reply = this.pool[at];
    if (reply === undefined) return;
    if (this.random() >= duplicates) this.pool.splice(at, 1);
    this.delivered++;
    await this.engine.handle(reply.envelope);
  }

  /** Until nothing happens any more. */
  async run(options: { readonly duplicates?: number; readonly deaths?: number; readonly until?: () => boolean } = {}): Promise<void> {
    for (let round = 0; round < 20_000; round++) {
      const carried = await this.carry();
      if (options.until?.() === true || (carried === 0 && this.pool.length === 0)) return;
      if (this.random() < (options.deaths ?? 0)) await this.die();
      await this.deliver(options.duplicates);
    }
    throw new Error('the world never came to rest');
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.blobs.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
