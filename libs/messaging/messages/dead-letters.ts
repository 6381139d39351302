import { deadLetterTopic, maximumMessageBytes } from '@cfgen/contracts';
import type { DeadLetter, IncomingMessage, OutgoingMessage } from '../port/message-bus';

const largestValueBytes = 48 * 1024;
const largestReason = 2_000;

/**
 * The dead letter of a message that a group could not read. It always fits into one message, whatever was in the original: the value is cut
 * first, to 48 KiB and further where quoting in JSON makes it longer; headers that leave no room are left out.
 */
export function deadLetterOf(message: IncomingMessage, group: string, reason: string, failedAt: number): OutgoingMessage {
  const { topic, partition, offset, key, value } = message;
  const write = (kept: string, headers: DeadLetter['headers']): string =>
    JSON.stringify({
      topic,
      partition,
      offset,
      key,
      value: kept,
      truncated: kept.length < value.length,
      headers,
      group,
      reason: reason.slice(0, largestReason),
      failedAt: new Date(failedAt).toISOString(),
    } satisfies DeadLetter);

  const headers = Buffer.byteLength(JSON.stringify(message.headers)) > 4096 ? {} : message.headers;
  let kept = firstBytes(value, largestValueBytes);
  let letter = write(kept, headers);
  while (Buffer.byteLength(letter) > maximumMessageBytes && kept.length > 0) {
    kept = firstBytes(kept, Math.floor(Buffer.byteLength(kept) / 2));
    letter = write(kept, headers);
  }
  return { topic: deadLetterTopic, key, value: letter };
}

/** The longest start of a text that takes at most so many bytes of UTF-8, cut between characters. */
function firstBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}
