import type { Consumer, ConsumerConfig, ConsumerGroupJoinEvent, ConsumerRunConfig, Kafka } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import { busUnavailable } from '../messages/outgoing-messages';
import { pauseAfter } from '../redelivery/redelivery-pause';
import { within } from '../redelivery/within';
import { kafkaError } from './kafka-errors';

export interface LastingConsumerOptions {
  readonly kafka: Kafka;
  readonly config: ConsumerConfig;
  readonly topics: readonly string[];
  readonly run: ConsumerRunConfig;
  /** Called in the same turn as the member gets its partitions, before it fetches anything. */
  readonly onJoin: (consumer: Consumer, assignment: ConsumerGroupJoinEvent['payload']['memberAssignment']) => void;
  /** A consumer that shows no sign of life for so long is unhealthy. */
  readonly silenceMs: number;
  readonly now: () => number;
  readonly log: BusLog;
}

/**
 * A consumer that comes back. kafkajs restarts a crashed consumer only after errors it holds for passing, and reuses what the crash left behind;
 * here every crash leads to a new consumer, after a growing pause, until `close`.
 */
export class LastingConsumer {
  readonly #options: LastingConsumerOptions;
  #consumer: Consumer | undefined;
  #state: 'starting' | 'running' | 'crashed' | 'closed' = 'starting';
  #reason: unknown;
  #crashes = 0;
  #restart: NodeJS.Timeout | undefined;
  #launching: Promise<void> | undefined;
  #lastSign = 0;

  constructor(options: LastingConsumerOptions) {
    this.#options = options;
  }

  /** Joins the group. @throws CfgenError BUS_UNAVAILABLE when it cannot; nothing goes on in the background then */
  async start(): Promise<void> {
    await this.#launch();
    if (this.#state === 'running') return;
    const reason = this.#reason;
    await this.close(1_000);
    throw kafkaError(`joining the group ${this.#options.config.groupId}`, reason);
  }

  /** The consumer, while it has its partitions. */
  get running(): Consumer | undefined {
    return this.#state === 'running' ? this.#consumer : undefined;
  }

  /** @throws CfgenError BUS_UNAVAILABLE while there is no living consumer */
  check(): void {
    const { groupId } = this.#options.config;
    if (this.#state !== 'running')
      throw busUnavailable(`the consumer of ${groupId} has ${this.#state === 'crashed' ? 'crashed' : 'not started'}`, this.#reason);
    const silent = this.#options.now() - this.#lastSign;
    if (silent > this.#options.silenceMs)
      throw busUnavailable(`the consumer of ${groupId} has been silent for ${Math.round(silent / 1000)} s`);
  }

  /** Lets the messages in hand end, commits them and leaves the group. */
  async close(timeoutMs: number): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#restart);
    const ending = (async () => {
      await this.#launching;
      await this.#disconnect(this.#consumer);
    })();
    if (!(await within(ending, timeoutMs)))
      this.#options.log('warn', 'a consumer did not stop in time', { group: this.#options.config.groupId });
  }

  #launch(): Promise<void> {
    this.#launching = this.#connectAndRun().finally(() => {
      this.#launching = undefined;
    });
    return this.#launching;
  }

  async #connectAndRun(): Promise<void> {
    const { kafka, config, topics, run, onJoin, now } = this.#options;
    const consumer = kafka.consumer({ ...config, retry: { ...config.retry, restartOnFailure: async () => false } });
    this.#consumer = consumer;
    const alive = (): void => void (this.#lastSign = now());
    consumer.on(consumer.events.FETCH, alive);
    consumer.on(consumer.events.HEARTBEAT, alive);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      alive();
      if (this.#state === 'closed') return;
      this.#state = 'running';
      this.#crashes = 0;
      onJoin(consumer, payload.memberAssignment);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#crashed(consumer, payload.error);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run(run);
    } catch (error) {
      await this.#disconnect(consumer);
      this.#crashed(consumer, error);
    }
  }

  #crashed(consumer: Consumer, error: unknown): void {
    if (this.#state === 'closed' || consumer !== this.#consumer) return;
    const everRan = this.#state !== 'starting';
    this.#state = everRan ? 'crashed' : 'starting';
    this.#reason = error;
    if (!everRan) return;
    const pause = pauseAfter(++this.#crashes, { firstMs: 200, longestMs: 10_000 });
    this.#options.log('error', 'a consumer crashed; a new one takes its place', {
      group: this.#options.config.groupId,
      inMs: pause,
      error: String(error),
    });
    this.#restart = setTimeout(() => void this.#launch(), pause);
  }

  async #disconnect(consumer: Consumer | undefined): Promise<void> {
    try {
      await consumer?.disconnect();
    } catch (error) {
      this.#options.log('debug', 'a consumer did not disconnect in good order', {
        group: this.#options.config.groupId,
        error: String(error),
      });
    }
  }
}
