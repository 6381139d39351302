import type { OutboxMessage } from './stage-rows';
import type { Transaction } from './database';

/** Inbox: which messages a consumer has taken. */
export interface InboxRows {
  /** Notes a message. Answers false when this consumer has it already: the caller then changes nothing. */
  remember(transaction: Transaction, consumer: string, messageId: string, now: number): Promise<boolean>;
  /** Forgets messages older than a time; far older than any redelivery. Answers how many. */
  forget(transaction: Transaction, before: number): Promise<number>;
}

/** A message to send once the transaction is committed. */
export interface OutboxEntry {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Outbox: what has to be published. Each process publishes what it wrote; what a dead one left behind is adopted after a while. */
export interface OutboxRows {
  add(transaction: Transaction, producer: string, entries: readonly OutboxEntry[], now: number): Promise<void>;
  /** The oldest unsent messages of this producer, and of any other that were written before `adoptBefore`; in order. */
  unsent(transaction: Transaction, producer: string, adoptBefore: number, limit: number): Promise<readonly OutboxMessage[]>;
  /** After the broker's acknowledgement: the rows go. */
  sent(transaction: Transaction, sequences: readonly number[]): Promise<void>;
  count(transaction: Transaction): Promise<number>;
}
