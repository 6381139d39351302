import { setImmediate as nextTurn } from 'node:timers/promises';
import { PoisonMessage, type IncomingMessage } from '../port/message-bus';
import type { BusLog } from '../port/bus-log';
import { pauseAfter, type RedeliveryPause } from '../redelivery/redelivery-pause';
import { nextInLine, type DeliveryFaults } from './delivery-faults';

/** A message on its way to one group. */
export interface Waiting {
  readonly message: IncomingMessage;
  /** Called once, when the group is done with it. */
  readonly done: () => void;
}

/** One subscription to a group. */
export interface Member {
  readonly handler: (message: IncomingMessage) => Promise<void>;
  paused: boolean;
  /** Handlers that run now. */
  readonly inHand: Set<Promise<void>>;
}

export interface GroupPartitionOptions {
  readonly group: string;
  /** The member that has this partition now, if there is one. */
  readonly member: () => Member | undefined;
  /** Publishes a dead letter; resolves when it is safe. */
  readonly bury: (message: IncomingMessage, reason: string) => Promise<void>;
  readonly redelivery: RedeliveryPause;
  readonly faults: DeliveryFaults | undefined;
  readonly log: BusLog;
}

/** What one group still has to take from one partition: one message at a time, in order. */
export class GroupPartition {
  readonly #options: GroupPartitionOptions;
  readonly #waiting: Waiting[] = [];
  /** Handled, and to be delivered once more (only with duplicates). */
  readonly #again: Waiting[] = [];
  /** In hand, or failed and waiting for its next try. */
  #current: Waiting | undefined;
  #failures = 0;
  #running: Promise<void> | undefined;
  #pause: { readonly timer: NodeJS.Timeout; readonly end: () => void } | undefined;
  #closed = false;

  constructor(options: GroupPartitionOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.wake();
  }

  /** Goes on, if there is something to do and somebody to do it. */
  wake(): void {
    if (this.#closed || this.#running !== undefined) return;
    if (this.#next === undefined || !this.#ready()) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // What came between the last look and now.
      this.wake();
    });
  }

  /** Hands out nothing more and waits for the message in hand. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endPause();
    await this.#running;
  }

  get #next(): Waiting | undefined {
    return this.#current ?? this.#waiting[0] ?? this.#again[0];
  }

  #ready(): boolean {
    return this.#options.member()?.paused === false;
  }

  async #run(): Promise<void> {
    for (;;) {
      // A handler never runs inside a publish, and a busy partition leaves room for everything else.
      await nextTurn();
      const member = this.#options.member();
      if (this.#closed || member === undefined || member.paused) return;
      this.#current ??= this.#take();
      if (this.#current === undefined) return;
      const delivery = this.#deliver(this.#current, member);
      member.inHand.add(delivery);
      await delivery;
      member.inHand.delete(delivery);
      if (this.#failures > 0) await this.#waitBeforeRedelivery(pauseAfter(this.#failures, this.#options.redelivery));
    }
  }

  #take(): Waiting | undefined {
    const { faults } = this.#options;
    const repeats = this.#again.length > 0 && (this.#waiting.length === 0 || (faults !== undefined && faults.random() < 0.5));
    if (repeats) return this.#again.shift();
    const keys = faults?.reorderAcrossKeys === true ? this.#waiting.map(({ message }) => message.key) : [];
    return this.#waiting.splice(nextInLine(keys, faults), 1)[0];
  }

  async #deliver(waiting: Waiting, member: Member): Promise<void> {
    const { message, done } = waiting;
    const { bury, faults, group, log } = this.#options;
    const where = { group, topic: message.topic, partition: message.partition, offset: message.offset };
    try {
      // Each delivery has its own object: what a handler does to it is seen by nobody else.
      await member.handler({ ...message, headers: { ...message.headers } });
      done();
    } catch (error) {
      if (!(error instanceof PoisonMessage)) {
        this.#failures++;
        log('warn', 'a handler failed; its message comes again', { ...where, failures: this.#failures, error: String(error) });
        return;
      }
      log('warn', 'a message was put with the dead letters', { ...where, reason: error.reason });
      // The partition goes on at once; the publisher of the message learns when its dead letter is safe.
      bury(message, error.reason).then(done, (cause: unknown) => {
        log('error', 'a dead letter was not kept; its message will be published again', { ...where, error: String(cause) });
      });
    }
    this.#failures = 0;
    this.#current = undefined;
    if (faults?.duplicates === true && done !== repeated) this.#again.push({ message, done: repeated });
  }

  async #waitBeforeRedelivery(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#pause = { timer: setTimeout(resolve, ms), end: resolve };
    });
    this.#pause = undefined;
  }

  #endPause(): void {
    clearTimeout(this.#pause?.timer);
    this.#pause?.end();
  }
}

/** A second delivery has nobody who waits for it. */
function repeated(): void {
  // Nothing to tell.
}
