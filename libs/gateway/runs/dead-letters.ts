import { createHash } from 'node:crypto';
import { CfgenError, topicDefinitions } from '@cfgen/contracts';
import type { IncomingMessage } from '@cfgen/messaging';
import { deadLetterRows, outboxRows, type Database, type DeadLetterRow, type Transaction } from '@cfgen/persistence';
import { z } from 'zod';
import type { MessageSource } from './commands';

const letterSchema = z.object({
  topic: z.string(),
  partition: z.int().min(0),
  offset: z.string(),
  key: z.string(),
  value: z.string(),
  truncated: z.boolean(),
  headers: z.record(z.string(), z.string()),
  group: z.string(),
  reason: z.string(),
  failedAt: z.string(),
});
type Letter = z.infer<typeof letterSchema>;

/** Keeps a message of the dead-letter topic as a row. Never refuses one: a dead letter that is refused has nowhere to go. */
export async function storeDeadLetter(
  database: Database,
  { now, newId }: Pick<MessageSource, 'now' | 'newId'>,
  message: IncomingMessage,
): Promise<void> {
  const letter = readLetter(message);
  const { value, truncated } = storable(letter);
  const failedAt = Date.parse(letter.failedAt);
  const row: DeadLetterRow = {
    ...letter,
    ...{ id: newId(), fingerprint: fingerprintOf(letter), value, truncated, createdAt: now(), replayedAt: null },
    failedAt: Number.isFinite(failedAt) ? failedAt : now(),
  };
  await database.transaction((transaction) => deadLetterRows.insert(transaction, row));
}

/**
 * Publishes a dead letter again on the topic it came from.
 *
 * @throws CfgenError NOT_FOUND, CONFLICT when it cannot be published as it was
 */
export async function replayDeadLetter(transaction: Transaction, id: string, { producer, now }: MessageSource): Promise<DeadLetterRow> {
  const letter = await requireDeadLetter(transaction, id);
  if (letter.truncated) {
    throw new CfgenError('CONFLICT', `message ${id} was not kept whole and cannot be published again`, { details: { id } });
  }
  if (!topicDefinitions.some(({ name }) => name === letter.topic)) {
    throw new CfgenError('CONFLICT', `message ${id} came from the topic ${letter.topic}, which there is no more`, { details: { id } });
  }
  const { topic, key, value, headers } = letter;
  const at = now();
  await outboxRows.add(transaction, producer, [{ topic, key, value, headers }], at);
  await deadLetterRows.replayed(transaction, id, at);
  return { ...letter, replayedAt: at };
}

/** @throws CfgenError NOT_FOUND */
export async function requireDeadLetter(transaction: Transaction, id: string): Promise<DeadLetterRow> {
  const letter = await deadLetterRows.find(transaction, id);
  if (letter === null) throw new CfgenError('NOT_FOUND', `there is no dead letter ${id}`, { details: { id } });
  return letter;
}

function readLetter(message: IncomingMessage): Letter {
  try {
    return letterSchema.parse(JSON.parse(message.value));
  } catch {
    // Whoever wrote it did not keep to the form; it is kept as it came.
    const { topic, partition, offset, key, value, headers } = message;
    return {
      topic,
      partition,
      offset,
      key,
      value,
      truncated: false,
      headers,
      group: '',
      reason: 'not written as a dead letter',
      failedAt: '',
    };
  }
}

/** PostgreSQL keeps no character zero in text; a value that had one cannot be given back as it was. */
function storable({ value, truncated }: Letter): { readonly value: string; readonly truncated: boolean } {
  return value.includes('\u0000') ? { value: value.replaceAll('\u0000', '\uFFFD'), truncated: true } : { value, truncated };
}

function fingerprintOf({ topic, partition, offset, group, failedAt, value }: Letter): string {
  return createHash('sha256')
    .update(JSON.stringify([topic, partition, offset, group, failedAt, value]))
    .digest('hex');
}
