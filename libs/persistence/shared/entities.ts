import type { EntitySchema } from 'typeorm';
import { entityOf } from '../database/entity';
import { bigInteger, json, text } from '../database/columns';

export interface InboxRecord {
  consumer: string;
  messageId: string;
  receivedAt: number;
}

export const inboxEntity = entityOf<InboxRecord>({
  name: 'inbox',
  columns: {
    consumer: text({ primary: true }),
    messageId: text({ primary: true, name: 'message_id' }),
    receivedAt: bigInteger({ name: 'received_at' }),
  },
});

export interface OutboxRecord {
  sequence: number;
  producer: string;
  topic: string;
  key: string;
  value: string;
  headers: Readonly<Record<string, string>>;
  createdAt: number;
}

export const outboxEntity = entityOf<OutboxRecord>({
  name: 'outbox',
  columns: {
    // The database counts; see the migration.
    sequence: bigInteger({ primary: true, generated: 'increment' }),
    producer: text(),
    topic: text(),
    key: text(),
    value: text(),
    headers: json(),
    createdAt: bigInteger({ name: 'created_at' }),
  },
});

export const sharedEntities: readonly EntitySchema[] = [inboxEntity, outboxEntity];
