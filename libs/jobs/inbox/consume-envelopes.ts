import type { Envelope } from '@cfgen/contracts';
import type { MessageBus, Subscription } from '@cfgen/messaging';
import type { Database, InboxRows, Transaction } from '@cfgen/persistence';
import { readMessage } from '../intake/command-intake';

export interface ConsumeOptions {
  readonly bus: MessageBus;
  readonly database: Database;
  readonly inbox: InboxRows;
  readonly group: string;
  readonly topics: readonly string[];
  readonly now: () => number;
  /**
   * Changes rows, and nothing else: it runs again when the transaction has to be repeated. It sees each message once, however often that is
   * delivered. What it throws rolls everything back and brings the message again; PoisonMessage sends it to the dead letters.
   */
  readonly handle: (transaction: Transaction, envelope: Envelope) => Promise<void>;
  /** After the commit of a message that was new: wakes relays and listeners. */
  readonly handled?: (envelope: Envelope) => void;
}

/** Subscribes a group that turns each message into rows exactly once: one transaction notes the message and makes the change. */
export async function consumeEnvelopes(options: ConsumeOptions): Promise<Subscription> {
  const { bus, database, inbox, group, topics, now, handle, handled } = options;
  return bus.subscribe({
    group,
    topics,
    handler: async (message) => {
      const envelope = readMessage(message.value);
      const fresh = await database.transaction(async (transaction) => {
        if (!(await inbox.remember(transaction, group, envelope.id, now()))) return false;
        await handle(transaction, envelope);
        return true;
      });
      if (fresh) handled?.(envelope);
    },
  });
}
