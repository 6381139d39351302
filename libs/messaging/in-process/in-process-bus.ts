import type { TopicDefinition } from '@cfgen/contracts';
import type { BusLog } from '../port/bus-log';
import type { ConsumerLag, IncomingMessage, MessageBus, OutgoingMessage, Subscription, SubscriptionOptions } from '../port/message-bus';
import { deadLetterOf } from '../messages/dead-letters';
import { busUnavailable, checkMessages, unknownTopics } from '../messages/outgoing-messages';
import { within } from '../redelivery/within';
import type { DeliveryFaults } from './delivery-faults';
import { GroupPartition, type Member } from './group-partition';
import { partitionOfKey } from './partition-of-key';
import { TopicListener } from './topic-listener';

export interface InProcessBusOptions {
  readonly topics: readonly TopicDefinition[];
  readonly now: () => number;
  readonly log?: BusLog;
  /** Pause before a message whose handler failed comes again; doubles with each failure. Default 100 ms. */
  readonly redeliveryDelayMs?: number;
  /** Default 10 s. */
  readonly longestRedeliveryDelayMs?: number;
  /** How long `close` waits for handlers. Default 10 s. */
  readonly closeTimeoutMs?: number;
  /** For specs. */
  readonly faults?: DeliveryFaults;
}

interface Topic {
  readonly definition: TopicDefinition;
  /** Next offset of each partition. */
  readonly offsets: number[];
}

interface Group {
  readonly members: { readonly topics: ReadonlySet<string>; readonly member: Member }[];
  readonly partitions: Map<string, readonly GroupPartition[]>;
}

/**
 * A bus within one process. It keeps no message on disk: a publish resolves once every group of the topic has taken its messages, so an outbox
 * that marks messages after the publish loses none. It promises as little as a broker does: handlers run later, failures and duplicates come
 * back, order holds within a key.
 */
export function createInProcessBus(options: InProcessBusOptions): MessageBus {
  return new InProcessBus(options);
}

class InProcessBus implements MessageBus {
  readonly kind = 'in-process';
  readonly #options: InProcessBusOptions;
  readonly #log: BusLog;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #groups = new Map<string, Group>();
  readonly #listeners = new Set<TopicListener>();
  /** Publishes that wait; each is told when the bus closes. */
  readonly #pending = new Set<(error: Error) => void>();
  #closing: Promise<void> | undefined;

  constructor(options: InProcessBusOptions) {
    this.#options = options;
    this.#log = options.log ?? (() => undefined);
    this.#topics = new Map(
      options.topics.map((definition) => [
        definition.name,
        { definition, offsets: Array.from({ length: definition.partitions }, () => 0) },
      ]),
    );
    // Declared groups keep their messages from the start, subscribed or not.
    for (const { name, groups } of options.topics) for (const group of groups) this.#partitionsOf(group, name);
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    this.#refuseIfClosed();
    checkMessages(messages);
    const missing = await this.missingTopics(messages.map(({ topic }) => topic));
    if (missing.length > 0) throw unknownTopics(missing);
    await this.#append(messages);
  }

  publishLossy(messages: readonly OutgoingMessage[]): void {
    if (this.#closing !== undefined) return;
    try {
      checkMessages(messages);
    } catch (error) {
      this.#log('warn', 'a message that may be lost was dropped', { error: String(error) });
      return;
    }
    this.#append(messages.filter(({ topic }) => this.#topics.has(topic))).catch(() => {
      // Lost with the bus, as agreed.
    });
  }

  async subscribe({ group: groupName, topics, handler }: SubscriptionOptions): Promise<Subscription> {
    this.#refuseIfClosed();
    const missing = await this.missingTopics(topics);
    if (missing.length > 0) throw unknownTopics(missing);
    for (const topic of topics) this.#partitionsOf(groupName, topic);
    const group = this.#groupOf(groupName);
    const member: Member = { handler, paused: false, inHand: new Set() };
    const entry = { topics: new Set(topics), member };
    const wake = (): void => group.partitions.forEach((partitions) => partitions.forEach((partition) => partition.wake()));
    group.members.push(entry);
    wake();
    return {
      pause: () => void (member.paused = true),
      resume: () => {
        member.paused = false;
        wake();
      },
      close: async () => {
        const at = group.members.indexOf(entry);
        if (at >= 0) group.members.splice(at, 1);
        await Promise.all(member.inHand);
        wake();
      },
    };
  }

  async listen(topics: readonly string[], listener: (message: IncomingMessage) => void): Promise<Subscription> {
    this.#refuseIfClosed();
    const missing = await this.missingTopics(topics);
    if (missing.length > 0) throw unknownTopics(missing);
    const added = new TopicListener(new Set(topics), listener, this.#log, (gone) => this.#listeners.delete(gone));
    this.#listeners.add(added);
    return added;
  }

  async lag(): Promise<readonly ConsumerLag[]> {
    return [...this.#groups].flatMap(([group, { partitions }]) =>
      [...partitions].flatMap(([topic, list]) => list.map(({ length }, partition) => ({ group, topic, partition, messages: length }))),
    );
  }

  async missingTopics(topics: readonly string[]): Promise<readonly string[]> {
    return [...new Set(topics)].filter((topic) => !this.#topics.has(topic));
  }

  async check(): Promise<void> {
    this.#refuseIfClosed();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const partitions = [...this.#groups.values()].flatMap((group) => [...group.partitions.values()].flat());
    const ended = await within(Promise.all(partitions.map((partition) => partition.close())), this.#options.closeTimeoutMs ?? 10_000);
    if (!ended) this.#log('warn', 'a handler still ran when the bus closed');
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    for (const reject of this.#pending) reject(busUnavailable('the bus was closed before every group had the message'));
  }

  /** Resolves when every group has taken every message. */
  async #append(messages: readonly OutgoingMessage[]): Promise<void> {
    let waiting = 1;
    await new Promise<void>((resolve, reject) => {
      this.#pending.add(reject);
      const oneDone = (): void => {
        if (--waiting > 0) return;
        this.#pending.delete(reject);
        resolve();
      };
      for (const message of messages) {
        const incoming = this.#placed(message);
        for (const [name, { partitions, members }] of this.#groups) {
          const partition = partitions.get(message.topic)?.[incoming.partition];
          if (partition === undefined) continue;
          const declared = this.#topics.get(message.topic)?.definition.groups.includes(name) === true;
          if (!declared && !members.some(({ topics }) => topics.has(message.topic))) continue;
          waiting++;
          partition.add({ message: incoming, done: oneDone });
        }
        for (const listener of this.#listeners) if (listener.topics.has(message.topic)) listener.add(incoming);
      }
      oneDone();
    });
  }

  /** The message at its place. Everything in it is text, so nothing is shared with the publisher. */
  #placed({ topic: name, key, value, headers }: OutgoingMessage): IncomingMessage {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw unknownTopics([name]);
    const partition = partitionOfKey(key, topic.definition.partitions);
    const offset = topic.offsets[partition] ?? 0;
    topic.offsets[partition] = offset + 1;
    return { topic: name, partition, offset: String(offset), key, value, headers: { ...headers } };
  }

  async #bury(message: IncomingMessage, group: string, reason: string): Promise<void> {
    const letter = deadLetterOf(message, group, reason, this.#options.now());
    // A dead letter that cannot be read would come back for ever.
    if (message.topic === letter.topic || !this.#topics.has(letter.topic)) {
      this.#log('error', 'a message was dropped: there is no place for its dead letter', {
        topic: message.topic,
        offset: message.offset,
        reason,
      });
      return;
    }
    await this.#append([letter]);
  }

  #groupOf(name: string): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group: Group = { members: [], partitions: new Map() };
    this.#groups.set(name, group);
    return group;
  }

  #partitionsOf(groupName: string, topic: string): void {
    const group = this.#groupOf(groupName);
    if (group.partitions.has(topic)) return;
    const { redeliveryDelayMs = 100, longestRedeliveryDelayMs = 10_000, faults } = this.#options;
    const partitions = Array.from(
      { length: this.#topics.get(topic)?.definition.partitions ?? 0 },
      (_, partition) =>
        new GroupPartition({
          group: groupName,
          member: () => {
            const able = group.members.filter(({ topics }) => topics.has(topic));
            return able[partition % able.length]?.member;
          },
          bury: (message, reason) => this.#bury(message, groupName, reason),
          redelivery: { firstMs: redeliveryDelayMs, longestMs: longestRedeliveryDelayMs },
          faults,
          log: this.#log,
        }),
    );
    group.partitions.set(topic, partitions);
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw busUnavailable('the bus is closed');
  }
}
