import kafkajs, { type Kafka, type Producer, type RecordMetadata, type RetryOptions } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import type { OutgoingMessage } from '../port/message-bus';
import { busUnavailable } from '../messages/outgoing-messages';
import { within } from '../redelivery/within';
import { byTopic, inBatches } from './batches';
import { kafkaError } from './kafka-errors';

interface Parcel {
  readonly messages: readonly OutgoingMessage[];
  readonly sent: () => void;
  readonly failed: (error: Error) => void;
}

export interface ReliableProducerOptions {
  readonly kafka: Kafka;
  readonly retry: RetryOptions;
  readonly log: BusLog;
}

/**
 * Publishes so that a resolved publish is a written one. Three rules, each against a way in which kafkajs 2.2.4 loses messages while it reports success:
 *
 * - **After any error a new producer.** When a send fails after the broker has written it, an idempotent producer gives its sequence number to the
 *   next message, and the broker takes that one for a repeat and drops it. (A connection cut while it is set up also leaves a producer that never
 *   sends again.)
 * - **One send at a time.** kafkajs takes the number back before it tries again, so a send beside it would get the same number.
 * - **Every partition has to answer.** When a partition moves to a broker that has already answered, kafkajs does not send it again.
 */
export class ReliableProducer {
  readonly #options: ReliableProducerOptions;
  readonly #queue: Parcel[] = [];
  /** What the running send carries. */
  #inTheAir: readonly Parcel[] = [];
  #sending: Promise<void> | undefined;
  #producer: Producer | undefined;
  /** Partitions that the messages of the running send go to. */
  readonly #expected = new Set<string>();
  #closed = false;

  constructor(options: ReliableProducerOptions) {
    this.#options = options;
  }

  /** Resolves when every message is written by all brokers in sync. */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.#closed) throw busUnavailable('the bus is closed');
    if (messages.length === 0) return;
    const parcels = inBatches(messages).map(
      (batch) =>
        new Promise<void>((sent, failed) => {
          this.#queue.push({ messages: batch, sent, failed });
        }),
    );
    this.#sending ??= this.#drain();
    await Promise.all(parcels);
  }

  /** Lets what was given to `publish` end, within a time; then refuses the rest. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    if (this.#sending !== undefined && !(await within(this.#sending, timeoutMs))) {
      this.#refuse([...this.#inTheAir, ...this.#queue.splice(0)], busUnavailable('the bus was closed before the brokers answered'));
      // The send in the air ends by itself; its producer is disconnected then.
      return;
    }
    await this.#discard();
  }

  async #drain(): Promise<void> {
    for (let parcels = this.#take(); parcels.length > 0; parcels = this.#take()) {
      this.#inTheAir = parcels;
      try {
        await this.#send(parcels.flatMap(({ messages }) => messages));
        for (const { sent } of parcels) sent();
      } catch (error) {
        this.#options.log('warn', 'a send failed; the next one gets a new producer', { error: String(error) });
        await this.#discard();
        // What waits behind the failed messages must not overtake them when they are published again.
        this.#refuse([...parcels, ...this.#queue.splice(0)], kafkaError('publishing', error));
      }
    }
    this.#inTheAir = [];
    this.#sending = undefined;
    if (this.#closed) await this.#discard();
  }

  /** The next parcels that fit into one request. */
  #take(): Parcel[] {
    const messages = this.#queue.flatMap((parcel) => parcel.messages);
    const most = inBatches(messages)[0]?.length ?? 0;
    let count = 0;
    let end = 0;
    for (const parcel of this.#queue) {
      if (end > 0 && count + parcel.messages.length > most) break;
      count += parcel.messages.length;
      end++;
    }
    return this.#queue.splice(0, end);
  }

  async #send(messages: readonly OutgoingMessage[]): Promise<void> {
    this.#producer ??= await this.#connect();
    this.#expected.clear();
    const answers = await this.#producer.sendBatch({ acks: -1, topicMessages: byTopic(messages) });
    const answered = new Set(answers.map(({ topicName, partition }: RecordMetadata) => placeOf(topicName, partition)));
    const silent = [...this.#expected].filter((place) => !answered.has(place));
    if (silent.length > 0) throw new Error(`no broker confirmed the messages of ${silent.join(', ')}`);
  }

  async #connect(): Promise<Producer> {
    const producer = this.#options.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      retry: this.#options.retry,
      createPartitioner: () => {
        const place = kafkajs.Partitioners.DefaultPartitioner();
        return (message) => {
          const partition = place(message);
          this.#expected.add(placeOf(message.topic, partition));
          return partition;
        };
      },
    });
    try {
      await producer.connect();
    } catch (error) {
      await disconnect(producer, this.#options.log);
      throw error;
    }
    return producer;
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await disconnect(producer, this.#options.log);
  }

  #refuse(parcels: readonly Parcel[], error: Error): void {
    for (const { failed } of parcels) failed(error);
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

async function disconnect(producer: Producer, log: BusLog): Promise<void> {
  try {
    await producer.disconnect();
  } catch (error) {
    log('debug', 'a producer did not disconnect in good order', { error: String(error) });
  }
}
