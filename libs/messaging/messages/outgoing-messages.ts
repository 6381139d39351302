import { CfgenError, maximumMessageBytes } from '@cfgen/contracts';
import type { OutgoingMessage } from '../port/message-bus';

/**
 * Refuses a list of messages before any of it is published.
 *
 * @throws CfgenError MESSAGE_INVALID naming the first message that is too large
 */
export function checkMessages(messages: readonly OutgoingMessage[]): void {
  for (const { topic, key, value } of messages) {
    const bytes = Buffer.byteLength(value);
    if (bytes <= maximumMessageBytes) continue;
    throw new CfgenError(
      'MESSAGE_INVALID',
      `the message ${key} for ${topic} has ${bytes} bytes, more than the ${maximumMessageBytes} allowed`,
      {
        hint: 'Put the content into the blob store and send a reference to it.',
        details: { topic, key, bytes, limit: maximumMessageBytes },
      },
    );
  }
}

/** The error of a topic that was not created. */
export function unknownTopics(topics: readonly string[]): CfgenError {
  return new CfgenError('NOT_FOUND', `there is no topic ${topics.join(', ')}`, {
    hint: 'Create the topics with `npm run topics` before services start.',
    details: { topics },
  });
}

/** The error of a bus that does not carry messages now; trying again may succeed. */
export function busUnavailable(what: string, cause?: unknown): CfgenError {
  return new CfgenError('BUS_UNAVAILABLE', what, { retryable: true, ...(cause === undefined ? {} : { cause }) });
}
