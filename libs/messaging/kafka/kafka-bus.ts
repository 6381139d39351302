import { randomUUID } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import { CfgenError, deadLetterTopic } from '@cfgen/contracts';
import type { ConsumerConfig, Kafka, RetryOptions } from 'kafkajs';
import type { BusLog } from '../port/bus-log';
import { PoisonMessage } from '../port/message-bus';
import type { ConsumerLag, IncomingMessage, MessageBus, OutgoingMessage, Subscription, SubscriptionOptions } from '../port/message-bus';
import { deadLetterOf } from '../messages/dead-letters';
import { busUnavailable, checkMessages, unknownTopics } from '../messages/outgoing-messages';
import { Administration } from './administration';
import type { KafkaBusOptions } from './kafka-bus-options';
import { kafkaClient, patientRetry, shortRetry } from './kafka-client';
import { KafkaSubscription, type KafkaSubscriptionOptions } from './kafka-subscription';
import { LossyProducer } from './lossy-producer';
import { ReliableProducer } from './reliable-producer';

/** A bus on Kafka. Topics must exist (see `createTopics`). Members of one group must subscribe to the same topics. */
export function createKafkaBus(options: KafkaBusOptions): MessageBus {
  return new KafkaBus(options);
}

class KafkaBus implements MessageBus {
  readonly kind = 'kafka';
  readonly #options: KafkaBusOptions;
  readonly #log: BusLog;
  readonly #kafka: Kafka;
  readonly #retry: RetryOptions;
  readonly #administration: Administration;
  readonly #reliable: ReliableProducer;
  readonly #lossy: LossyProducer;
  readonly #subscriptions = new Set<KafkaSubscription>();
  /** Topics that were seen to exist. */
  readonly #known = new Set<string>();
  /** Settles when the publishes so far know that their topics exist. */
  #lastTurn: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(options: KafkaBusOptions) {
    this.#options = options;
    this.#log = options.log ?? (() => undefined);
    const connection = { ...options, clientId: `${options.clientId}-${options.instance}` };
    this.#retry = { ...patientRetry, retries: Math.max(1, options.retries ?? patientRetry.retries) };
    this.#kafka = kafkaClient(connection, this.#retry);
    // Whoever asks, and whatever may be lost, does not wait long for a broker.
    const hasty = kafkaClient(connection, shortRetry);
    this.#administration = new Administration(hasty, this.#log);
    this.#lossy = new LossyProducer(hasty, this.#log);
    this.#reliable = new ReliableProducer({ kafka: this.#kafka, retry: this.#retry, log: this.#log });
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    this.#refuseIfClosed();
    checkMessages(messages);
    // One after the other, so that a publish which asks for its topic is not overtaken by the next.
    const turn = this.#lastTurn.then(() => this.#mustExist(messages.map(({ topic }) => topic)));
    this.#lastTurn = turn.catch(() => undefined);
    await turn;
    try {
      await this.#reliable.publish(messages);
    } catch (error) {
      // A topic may have been deleted; the next publish asks again.
      this.#known.clear();
      throw error;
    }
  }

  publishLossy(messages: readonly OutgoingMessage[]): void {
    try {
      checkMessages(messages);
      this.#lossy.add(messages);
    } catch (error) {
      this.#log('warn', 'a message that may be lost was dropped', { error: String(error) });
    }
  }

  async subscribe({ group, topics, handler }: SubscriptionOptions): Promise<Subscription> {
    this.#refuseIfClosed();
    await this.#mustExist(topics, this.#startTries);
    return this.#consume({ group, topics, handle: (message, failures) => this.#handle(group, handler, message, failures) });
  }

  async listen(topics: readonly string[], listener: (message: IncomingMessage) => void): Promise<Subscription> {
    this.#refuseIfClosed();
    await this.#mustExist(topics, this.#startTries);
    // "From now on" is fixed before the consumer exists: a group of its own that started "at the latest" would miss what comes until its first fetch.
    const positions = new Map<string, string>();
    for (const topic of topics) {
      for (const [partition, end] of await this.#administration.ends(topic)) positions.set(`${topic}/${partition}`, end);
    }
    return this.#consume({
      group: `${this.#options.clientId}.listener.${randomUUID()}`,
      topics,
      handle: async (message) => {
        try {
          listener(message);
        } catch (error) {
          this.#log('warn', 'a listener failed', { topic: message.topic, error: String(error) });
        }
        return 'done';
      },
      positions,
    });
  }

  async lag(): Promise<readonly ConsumerLag[]> {
    const topicsOf = new Map<string, Set<string>>();
    const add = (group: string, topic: string): void => void topicsOf.set(group, (topicsOf.get(group) ?? new Set()).add(topic));
    for (const { name, groups } of this.#options.topics ?? []) for (const group of groups) add(group, name);
    for (const { group, topics, listens } of this.#subscriptions) if (!listens) for (const topic of topics) add(group, topic);
    const lists = await Promise.all([...topicsOf].map(([group, topics]) => this.#administration.lag(group, [...topics])));
    return lists.flat();
  }

  async missingTopics(topics: readonly string[]): Promise<readonly string[]> {
    const existing = await this.#administration.topicNames();
    return [...new Set(topics)].filter((topic) => !existing.has(topic));
  }

  async check(): Promise<void> {
    this.#refuseIfClosed();
    for (const subscription of this.#subscriptions) subscription.check();
    await this.#administration.ping();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Consumers first: a handler in hand may still publish a dead letter.
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await Promise.all([this.#reliable.close(this.#options.closeTimeoutMs ?? 10_000), this.#lossy.close()]);
    await this.#administration.close();
  }

  async #handle(
    group: string,
    handler: SubscriptionOptions['handler'],
    message: IncomingMessage,
    failures: number,
  ): Promise<'done' | 'again'> {
    const where = { group, topic: message.topic, partition: message.partition, offset: message.offset };
    try {
      await handler(message);
      return 'done';
    } catch (error) {
      if (error instanceof PoisonMessage) return this.#bury(group, message, error.reason, where);
      this.#log('warn', 'a handler failed; its message comes again', { ...where, failures: failures + 1, error: String(error) });
      return 'again';
    }
  }

  /** Puts a message with the dead letters; while that does not work, the message itself comes again. */
  async #bury(
    group: string,
    message: IncomingMessage,
    reason: string,
    where: Readonly<Record<string, unknown>>,
  ): Promise<'done' | 'again'> {
    if (message.topic === deadLetterTopic) {
      // A dead letter that cannot be read would come back for ever.
      this.#log('error', 'a dead letter was dropped: it cannot be read itself', { ...where, reason });
      return 'done';
    }
    try {
      await this.#mustExist([deadLetterTopic]);
      await this.#reliable.publish([deadLetterOf(message, group, reason, this.#options.now())]);
      this.#log('warn', 'a message was put with the dead letters', { ...where, reason });
      return 'done';
    } catch (error) {
      this.#log('error', 'a dead letter was not written; its message comes again', { ...where, reason, error: String(error) });
      return 'again';
    }
  }

  async #consume(options: Pick<KafkaSubscriptionOptions, 'group' | 'topics' | 'handle' | 'positions'>): Promise<Subscription> {
    const subscription = new KafkaSubscription({
      ...options,
      kafka: this.#kafka,
      config: this.#groupConfig(options.group),
      bus: this.#options,
      log: this.#log,
      forget: (gone) => this.#subscriptions.delete(gone),
    });
    await subscription.start();
    this.#subscriptions.add(subscription);
    if (this.#closing !== undefined) {
      await subscription.close();
      this.#refuseIfClosed();
    }
    return subscription;
  }

  #groupConfig(groupId: string): ConsumerConfig {
    const { sessionTimeoutMs = 45_000, heartbeatIntervalMs = 3_000, maxWaitMs = 1_000 } = this.#options;
    return {
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(60_000, sessionTimeoutMs),
      heartbeatInterval: heartbeatIntervalMs,
      maxWaitTimeInMs: maxWaitMs,
      allowAutoTopicCreation: false,
      retry: this.#retry,
    };
  }

  /** A service may start before its broker, so whoever subscribes asks more than once. */
  get #startTries(): number {
    return Math.ceil((this.#retry.retries ?? 1) / 3);
  }

  async #mustExist(topics: readonly string[], tries = 1): Promise<void> {
    const unknown = [...new Set(topics)].filter((topic) => !this.#known.has(topic));
    if (unknown.length === 0) return;
    for (let tried = 1; ; tried++) {
      try {
        const missing = await this.missingTopics(unknown);
        if (missing.length > 0) throw unknownTopics(missing);
        break;
      } catch (error) {
        const passing = error instanceof CfgenError && error.retryable;
        if (!passing || tried >= tries || this.#closing !== undefined) throw error;
        await rest(1_000);
      }
    }
    for (const topic of unknown) this.#known.add(topic);
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw busUnavailable('the bus is closed');
  }
}
