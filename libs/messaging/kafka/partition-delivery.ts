import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { IncomingMessage } from '../port/message-bus';
import { pauseAfter, type RedeliveryPause } from '../redelivery/redelivery-pause';

export interface PartitionDeliveryOptions {
  readonly topics: readonly string[];
  /** Whether the group is done with the message; `again`: it has to come once more. Never rejects. */
  readonly handle: (message: IncomingMessage, failures: number) => Promise<'done' | 'again'>;
  /** The consumer, while it has its partitions. */
  readonly consumer: () => Consumer | undefined;
  readonly redelivery: RedeliveryPause;
  /** Sign of life to the group while a handler takes its time. */
  readonly heartbeatIntervalMs: number;
  /** After so long no more signs are given, and the group takes the partition away. */
  readonly patienceMs: number;
}

/**
 * Hands out the messages of a consumer. A message that has to come again is not waited for inside kafkajs, which would end the session of the
 * whole member: its partition is paused with the message still unresolved, so the next fetch after the pause starts with it again, and a member
 * that gets the partition meanwhile starts with it too.
 */
export class PartitionDelivery {
  readonly #options: PartitionDeliveryOptions;
  #paused = false;
  /** Partitions that wait for their redelivery. */
  readonly #held = new Map<string, { readonly topic: string; readonly partition: number; readonly timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, { readonly offset: string; readonly count: number }>();

  constructor(options: PartitionDeliveryOptions) {
    this.#options = options;
  }

  pause(): void {
    this.#paused = true;
    this.apply();
  }

  resume(): void {
    this.#paused = false;
    this.apply();
  }

  close(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  /** Tells kafkajs what is paused now. It forgets pauses with each new consumer, so this is called at each join too. */
  apply(consumer = this.#options.consumer()): void {
    if (consumer === undefined) return;
    const all = this.#options.topics.map((topic) => ({ topic }));
    if (this.#paused) {
      consumer.pause(all);
      return;
    }
    consumer.resume(all);
    consumer.pause([...this.#held.values()].map(({ topic, partition }) => ({ topic, partitions: [partition] })));
  }

  async take({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const place = `${topic}/${partition}`;
    for (const raw of batch.messages) {
      if (!isRunning() || isStale() || this.#paused || this.#held.has(place)) return;
      const known = this.#failures.get(place);
      const failures = known?.offset === raw.offset ? known.count : 0;
      if ((await this.#handle(incoming(topic, partition, raw), failures, heartbeat)) === 'again') {
        this.#failures.set(place, { offset: raw.offset, count: failures + 1 });
        this.#hold(place, topic, partition, failures + 1);
        return;
      }
      this.#failures.delete(place);
      resolveOffset(raw.offset);
      await heartbeat();
      await commitOffsetsIfNecessary();
    }
  }

  async #handle(message: IncomingMessage, failures: number, heartbeat: () => Promise<void>): Promise<'done' | 'again'> {
    const { heartbeatIntervalMs, patienceMs } = this.#options;
    let left = Math.floor(patienceMs / heartbeatIntervalMs);
    const beat = setInterval(() => {
      // A refused sign of life is told to the loop above at its own next one.
      if (left-- > 0) heartbeat().catch(() => undefined);
    }, heartbeatIntervalMs);
    try {
      return await this.#options.handle(message, failures);
    } finally {
      clearInterval(beat);
    }
  }

  #hold(place: string, topic: string, partition: number, failures: number): void {
    const timer = setTimeout(
      () => {
        this.#held.delete(place);
        this.apply();
      },
      pauseAfter(failures, this.#options.redelivery),
    );
    this.#held.set(place, { topic, partition, timer });
    this.apply();
  }
}

function incoming(topic: string, partition: number, { offset, key, value, headers }: KafkaMessage): IncomingMessage {
  const text = (part: Buffer | string): string => (typeof part === 'string' ? part : part.toString());
  return {
    topic,
    partition,
    offset,
    key: key?.toString() ?? '',
    value: value?.toString() ?? '',
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).flatMap(([name, given]) => {
        const first = Array.isArray(given) ? given[0] : given;
        return first === undefined ? [] : [[name, text(first)]];
      }),
    ),
  };
}
