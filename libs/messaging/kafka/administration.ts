import { setTimeout as rest } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { ConsumerLag } from '../port/message-bus';
import type { BusLog } from '../port/bus-log';
import { kafkaError, saysNotNow } from './kafka-errors';
import { shortRetry } from './kafka-client';

/** Questions to the cluster. A connection that failed is never used again: kafkajs may leave it unusable for good. */
export class Administration {
  readonly #kafka: Kafka;
  readonly #log: BusLog;
  #admin: Promise<Admin> | undefined;

  constructor(kafka: Kafka, log: BusLog) {
    this.#kafka = kafka;
    this.#log = log;
  }

  async topicNames(): Promise<ReadonlySet<string>> {
    return this.#ask('listing topics', async (admin) => new Set(await admin.listTopics()));
  }

  /** Throws unless a broker answers. */
  async ping(): Promise<void> {
    await this.#ask('asking the brokers', (admin) => admin.describeCluster());
  }

  /** The offset that the next message of each partition will get. */
  async ends(topic: string): Promise<ReadonlyMap<number, string>> {
    return this.#ask(
      `offsets of ${topic}`,
      async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high])),
    );
  }

  /** How far a group is behind in some topics. A group that was never there is behind by all that is kept. */
  async lag(group: string, topics: readonly string[]): Promise<ConsumerLag[]> {
    return this.#ask(`lag of ${group}`, async (admin) => {
      const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
      const lists = await Promise.all(
        committed.map(async ({ topic, partitions }) => {
          const at = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
          return (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => {
            const next = at.get(partition) ?? -1n;
            // Before the first commit, and after a break longer than the retention, a group starts at the first message kept.
            const from = next > BigInt(low) ? next : BigInt(low);
            return { group, topic, partition, messages: Number(BigInt(high) - from) };
          });
        }),
      );
      return lists.flat().sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
    });
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  /**
   * Asks at least twice: the connection may have died while nobody used it. An answer that says "not now", such as that of a broker that has not
   * heard yet of the topic it leads, is waited out.
   */
  async #ask<T>(doing: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#askOnce(question);
      } catch (error) {
        const most = saysNotNow(error) ? 6 : 2;
        if (tried >= most) throw kafkaError(doing, error);
        this.#log('debug', 'a question to the brokers failed; it is asked again', { doing, error: String(error) });
        await rest(50 * 2 ** tried);
      }
    }
  }

  async #askOnce<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.#admin ??= this.#connect();
    const mine = this.#admin;
    try {
      return await question(await mine);
    } catch (error) {
      if (this.#admin === mine) await this.#discard();
      throw error;
    }
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin({ retry: shortRetry });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await this.#disconnect(admin);
      throw error;
    }
  }

  async #discard(): Promise<void> {
    const connecting = this.#admin;
    this.#admin = undefined;
    const admin = await connecting?.catch(() => undefined);
    if (admin !== undefined) await this.#disconnect(admin);
  }

  async #disconnect(admin: Admin): Promise<void> {
    try {
      await admin.disconnect();
    } catch (error) {
      this.#log('debug', 'an admin client did not disconnect in good order', { error: String(error) });
    }
  }
}
