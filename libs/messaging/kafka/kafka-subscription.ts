import type { ConsumerConfig, Kafka } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import type { IncomingMessage, Subscription } from '../port/message-bus';
import type { KafkaBusOptions } from './kafka-bus-options';
import { LastingConsumer } from './lasting-consumer';
import { PartitionDelivery } from './partition-delivery';

export interface KafkaSubscriptionOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Whether the group is done with the message, or wants it again. Never rejects. */
  readonly handle: (message: IncomingMessage, failures: number) => Promise<'done' | 'again'>;
  /** Given for a listener: where it goes on, by `topic/partition`. It commits nothing, so this is what it keeps its place by. */
  readonly positions?: Map<string, string>;
  readonly kafka: Kafka;
  readonly config: ConsumerConfig;
  readonly bus: KafkaBusOptions;
  readonly log: BusLog;
  readonly forget: (subscription: KafkaSubscription) => void;
}

/** A lasting consumer with its delivery: one member of a group, or a listener in a group of its own. */
export class KafkaSubscription implements Subscription {
  readonly group: string;
  readonly topics: readonly string[];
  readonly listens: boolean;
  readonly #options: KafkaSubscriptionOptions;
  readonly #consumer: LastingConsumer;
  readonly #delivery: PartitionDelivery;
  #closing: Promise<void> | undefined;

  constructor(options: KafkaSubscriptionOptions) {
    const { group, topics, handle, positions, kafka, config, bus, log } = options;
    this.#options = options;
    this.group = group;
    this.topics = topics;
    this.listens = positions !== undefined;
    const silenceMs = 2 * (bus.sessionTimeoutMs ?? 45_000);
    this.#delivery = new PartitionDelivery({
      topics,
      handle: async (message, failures) => {
        const outcome = await handle(message, failures);
        positions?.set(`${message.topic}/${message.partition}`, String(BigInt(message.offset) + 1n));
        return outcome;
      },
      consumer: () => this.#consumer.running,
      redelivery: { firstMs: bus.redeliveryDelayMs ?? 500, longestMs: bus.longestRedeliveryDelayMs ?? 30_000 },
      heartbeatIntervalMs: bus.heartbeatIntervalMs ?? 3_000,
      patienceMs: silenceMs,
    });
    this.#consumer = new LastingConsumer({
      kafka,
      config,
      topics,
      run: {
        autoCommit: positions === undefined,
        autoCommitInterval: 1_000,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: bus.partitionsAtOnce ?? 4,
        eachBatch: (payload) => this.#delivery.take(payload),
      },
      onJoin: (consumer, assignment) => {
        this.#delivery.apply(consumer);
        if (positions === undefined) return;
        for (const [topic, partitions] of Object.entries(assignment)) {
          for (const partition of partitions) {
            const offset = positions.get(`${topic}/${partition}`);
            if (offset !== undefined) consumer.seek({ topic, partition, offset });
          }
        }
      },
      silenceMs,
      now: bus.now,
      log,
    });
  }

  /** @throws CfgenError BUS_UNAVAILABLE */
  async start(): Promise<void> {
    await this.#consumer.start();
  }

  /** @throws CfgenError BUS_UNAVAILABLE while the consumer is not well */
  check(): void {
    this.#consumer.check();
  }

  pause(): void {
    this.#delivery.pause();
  }

  resume(): void {
    this.#delivery.resume();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#delivery.close();
    await this.#consumer.close(this.#options.bus.closeTimeoutMs ?? 10_000);
    this.#options.forget(this);
  }
}
