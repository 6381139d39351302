import { describe, expect, it } from 'vitest';
import { deadLetterTopic, maximumMessageBytes } from '@cfgen/contracts';
import type { DeadLetter, IncomingMessage } from '../port/message-bus';
import { deadLetterOf } from './dead-letters';

const message: IncomingMessage = { topic: 't', partition: 3, offset: '17', key: 'k', value: 'v', headers: { a: 'b' } };

describe('a dead letter', () => {
  it('holds the message as it came, the group, the reason and the time', () => {
    const { topic, key, value } = deadLetterOf(message, 'g', 'not JSON', 0);
    expect({ topic, key }).toEqual({ topic: deadLetterTopic, key: 'k' });
    expect(JSON.parse(value)).toEqual({
      ...message,
      truncated: false,
      group: 'g',
      reason: 'not JSON',
      failedAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it.each([
    ['plain', 'x'],
    ['of two bytes a character', 'ä'],
    ['of four bytes a character', '🧬'],
    ['that JSON writes six times as long', '\u0001'],
    ['full of quotes', '"'],
  ])('fits into a message when the value is large and %s, and keeps whole characters', (_, unit) => {
    const value = `.${unit.repeat(65_535 / Buffer.byteLength(unit))}`;
    const letter = deadLetterOf({ ...message, value, headers: { large: 'h'.repeat(10_000) } }, 'g', 'r'.repeat(10_000), 0);
    expect(Buffer.byteLength(letter.value)).toBeLessThanOrEqual(maximumMessageBytes);
    const read: DeadLetter = JSON.parse(letter.value);
    expect(read.truncated).toBe(true);
    expect(value.startsWith(read.value)).toBe(true);
    expect(Buffer.byteLength(read.value)).toBeLessThanOrEqual(48 * 1024);
    expect(read.value.length).toBeGreaterThan(1000);
  });
});
