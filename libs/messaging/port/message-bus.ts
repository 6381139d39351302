/** A message to publish. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Messages of one key in one topic arrive in the order they were published in. */
  readonly key: string;
  /** At most 64 KiB of UTF-8. */
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message as a consumer gets it. */
export interface IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  /** Place in the partition, as text. */
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SubscriptionOptions {
  /** Each message of the topics reaches one member of each group. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Takes a message within milliseconds: it stores what there is to do and returns. A handler never computes.
   * It throws `PoisonMessage` for what nobody can read: the message goes to the dead-letter topic with the reason and the next one comes.
   * Whatever else it throws: the message comes again, after a pause, and blocks those behind it in its partition.
   */
  readonly handler: (message: IncomingMessage) => Promise<void>;
}

export interface Subscription {
  /** No further message is handed out, and none is lost, until `resume`. */
  pause(): void;
  resume(): void;
  /** Stops after the messages in hand are done. */
  close(): Promise<void>;
}

/** How far a group is behind. */
export interface ConsumerLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly messages: number;
}

/**
 * Carries messages: at least once, in order per key, never in the publisher's transaction (an outbox relay publishes after the commit).
 * Duplicates happen, and messages of different keys overtake each other.
 */
export interface MessageBus {
  readonly kind: 'in-process' | 'kafka';
  /**
   * Resolves when every message is safe: written by the brokers (Kafka), or taken by every group of its topic (in-process).
   * When it rejects, any of the messages may or may not have been published: publish them again.
   *
   * @throws CfgenError MESSAGE_INVALID (too large), BUS_UNAVAILABLE (retryable), NOT_FOUND (a topic that was not created)
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  /**
   * Publishes what may be lost, such as progress. Never waits and never throws.
   */
  publishLossy(messages: readonly OutgoingMessage[]): void;
  /** A new group starts with the first message kept in its topics. */
  subscribe(options: SubscriptionOptions): Promise<Subscription>;
  /** Every new message of the topics from now on, of no group: for progress. Errors of the listener are reported to the log and forgotten. */
  listen(topics: readonly string[], listener: (message: IncomingMessage) => void): Promise<Subscription>;
  lag(): Promise<readonly ConsumerLag[]>;
  /** Topics of the list that do not exist. */
  missingTopics(topics: readonly string[]): Promise<readonly string[]>;
  /** @throws CfgenError BUS_UNAVAILABLE while the broker does not answer or a consumer has crashed and is not yet back */
  check(): Promise<void>;
  /** Stops consumers, lets what is being published end, disconnects. */
  close(): Promise<void>;
}

/** Thrown by a handler: this message cannot be read, now or ever. */
export class PoisonMessage extends Error {
  constructor(
    /** Why, for the people who look at dead letters. */
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(reason, options);
    this.name = 'PoisonMessage';
  }
}

/** What the dead-letter topic holds: the message as it came, and why it was put aside. JSON, as the value of the message. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  /** The value as it came; cut to 48 KiB when it is larger. */
  readonly value: string;
  readonly truncated: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly group: string;
  readonly reason: string;
  /** ISO time. */
  readonly failedAt: string;
}
