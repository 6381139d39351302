import { CfgenError } from '@cfgen/contracts';
import type { MessageBus } from '@cfgen/messaging';
import type { Database, OutboxRows } from '@cfgen/persistence';
import { errorShapeOf } from '../events/error-shape-of';
import type { JobLog } from '../telemetry/job-telemetry';
import { pauseAfter } from '../waiting/back-off';
import { Waker } from '../waiting/waker';

/** Times and numbers of a relay; each has a default. */
export interface RelayTuning {
  /** Rows of others that lie for so long are taken over: their writer is dead. */
  readonly adoptAfterMs?: number;
  /** Longest pause between two looks; a notice shortens it. */
  readonly pollMs?: number;
  /** Messages that are published together. */
  readonly batch?: number;
}

export interface OutboxRelayOptions extends RelayTuning {
  readonly database: Database;
  readonly outbox: OutboxRows;
  readonly bus: Pick<MessageBus, 'publish'>;
  /** Whose rows are published; those of others only once they are old. */
  readonly producer: string;
  readonly now: () => number;
  /** In [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  readonly log?: JobLog;
}

/** Pauses while the bus or the database is away. */
const awayPause = { firstMs: 100, mostMs: 5000 };

/**
 * Publishes what transactions wrote to the outbox, oldest first, and removes a row only after the acknowledgement: nothing is lost, and the
 * first copies of messages come in the order they were written in. When it dies in between, or two relays take over the rows of a dead one,
 * messages go out twice; the inbox of the consumer knows them.
 */
export class OutboxRelay {
  private readonly waker = new Waker();
  private readonly emptied = new Set<() => void>();
  private loop: Promise<void> | null = null;
  private closing = false;
  private lastError: unknown = null;

  constructor(private readonly options: OutboxRelayOptions) {}

  start(): void {
    this.loop ??= this.publishAll();
  }

  /** Something was written to the outbox. */
  notify(): void {
    this.waker.wake();
  }

  /** Waits until everything written before is published. False when that takes longer than `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.loop === null || this.closing) return false;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.emptied.delete(done);
        resolve(false);
      }, timeoutMs);
      this.emptied.add(done);
      this.waker.wake();
    });
  }

  /** @throws CfgenError what keeps messages from being published at the moment */
  check(): void {
    if (this.lastError === null) return;
    if (this.lastError instanceof CfgenError) throw this.lastError;
    throw new CfgenError('INTERNAL', `the outbox is not being published: ${errorShapeOf(this.lastError).message}`, {
      cause: this.lastError,
    });
  }

  /** Stops after the batch in hand, which is not waited for longer than `timeoutMs`. What is left stays in the outbox. */
  async close(timeoutMs = 5000): Promise<void> {
    this.closing = true;
    this.waker.wake();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.loop, tooLong]);
    clearTimeout(timer);
  }

  private async publishAll(): Promise<void> {
    const { pollMs = 1000, random, log } = this.options;
    let failures = 0;
    while (!this.closing) {
      // Taken before the look: a flush that is asked for during it wants the next one.
      const waiting = [...this.emptied];
      try {
        const published = await this.publishBatch();
        failures = 0;
        this.lastError = null;
        if (published > 0) continue;
        for (const done of waiting) {
          this.emptied.delete(done);
          done();
        }
        if (this.emptied.size === 0) await this.waker.wait(pollMs);
      } catch (error) {
        failures++;
        this.lastError = error;
        const pauseMs = pauseAfter(failures, awayPause, random());
        log?.warn({ pauseMs, error }, 'the outbox waits');
        await this.pauseThrough(pauseMs);
      }
    }
  }

  private async publishBatch(): Promise<number> {
    const { database, outbox, bus, producer, now, adoptAfterMs = 5000, batch = 100 } = this.options;
    const rows = await database.transaction((transaction) => outbox.unsent(transaction, producer, now() - adoptAfterMs, batch));
    if (rows.length === 0) return 0;
    await bus.publish(rows.map(({ topic, key, value, headers }) => ({ topic, key, value, headers })));
    await database.transaction((transaction) =>
      outbox.sent(
        transaction,
        rows.map(({ sequence }) => sequence),
      ),
    );
    return rows.length;
  }

  /** Waits although notices come in: while the bus is away, each new row would start another try. Only closing ends it early. */
  private async pauseThrough(ms: number): Promise<void> {
    const until = this.options.now() + ms;
    for (let left = ms; left > 0 && !this.closing; left = until - this.options.now()) await this.waker.wait(left);
  }
}
