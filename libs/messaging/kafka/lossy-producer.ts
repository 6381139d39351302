import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import type { OutgoingMessage } from '../port/message-bus';
import { byTopic, inBatches } from './batches';
import { shortRetry } from './kafka-client';

/** More than this is waiting only while no broker answers; old progress is worth nothing then. */
const mostWaiting = 1000;

/** Publishes what may be lost: from memory, one try after the other, dropped on any error. */
export class LossyProducer {
  readonly #kafka: Kafka;
  readonly #log: BusLog;
  readonly #waiting: OutgoingMessage[] = [];
  #sending: Promise<void> | undefined;
  #producer: Producer | undefined;
  #closed = false;

  constructor(kafka: Kafka, log: BusLog) {
    this.#kafka = kafka;
    this.#log = log;
  }

  add(messages: readonly OutgoingMessage[]): void {
    if (this.#closed || messages.length === 0) return;
    this.#waiting.push(...messages);
    if (this.#waiting.length > mostWaiting) this.#waiting.splice(0, this.#waiting.length - mostWaiting);
    this.#sending ??= this.#drain();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#sending;
    await this.#discard();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [batch = []] = inBatches(this.#waiting);
      this.#waiting.splice(0, batch.length);
      try {
        this.#producer ??= await this.#connect();
        await this.#producer.sendBatch({ acks: 1, topicMessages: byTopic(batch) });
      } catch (error) {
        this.#log('info', 'messages that may be lost were lost', { messages: batch.length, error: String(error) });
        await this.#discard();
      }
    }
    this.#sending = undefined;
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      retry: shortRetry,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    // Kept before it is connected, so that a failed one is disconnected too.
    this.#producer = producer;
    await producer.connect();
    return producer;
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    try {
      await producer?.disconnect();
    } catch (error) {
      this.#log('debug', 'a producer did not disconnect in good order', { error: String(error) });
    }
  }
}
