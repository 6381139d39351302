import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadLetterTopic, maximumMessageBytes, topicDefinitions, type TopicDefinition } from '@cfgen/contracts';
import { PoisonMessage, type DeadLetter, type IncomingMessage, type MessageBus, type OutgoingMessage } from '../port/message-bus';

/** A bus whose topics exist. */
export type BusFactory = (topics: readonly TopicDefinition[]) => Promise<MessageBus>;

/** What every bus does, whatever carries the messages. Duplicates are allowed everywhere; what must hold holds for first arrivals. */
export function messageBusConformance(name: string, create: BusFactory): void {
  describe(name, () => {
    let bus: MessageBus;
    let topic: string;
    let group: string;
    let otherGroup: string;

    beforeEach(async () => {
      // Names of its own keep a test apart from all others on the same brokers.
      const id = randomUUID();
      topic = `test.${id}`;
      group = `group.${id}`;
      otherGroup = `other-group.${id}`;
      bus = await create([
        { name: topic, partitions: 4, retentionMs: 3_600_000, compacted: false, groups: [group, otherGroup] },
        { name: `${topic}.lossy`, partitions: 2, retentionMs: 3_600_000, compacted: false, groups: [] },
        ...topicDefinitions.filter(({ name: defined }) => defined === deadLetterTopic).map((definition) => ({ ...definition, groups: [] })),
      ]);
    });
    afterEach(async () => {
      await bus.close();
    });

    const message = (key: string, value: string): OutgoingMessage => ({ topic, key, value });
    const numbered = (key: string, from: number, to: number): OutgoingMessage[] =>
      Array.from({ length: to - from }, (_, i) => message(key, `${key}:${from + i}`));
    /** The second declared group takes all, so that a publish resolves. */
    const ignoreIn = (other: string) => bus.subscribe({ group: other, topics: [topic], handler: async () => undefined });
    const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

    it('delivers the messages of one key in the order they were published in', async () => {
      const got: IncomingMessage[] = [];
      await ignoreIn(otherGroup);
      await bus.subscribe({ group, topics: [topic], handler: async (incoming) => void got.push(incoming) });
      const keys = ['a', 'b', 'c', 'd', 'e'];
      // Not one after the other: publishes keep their order without being waited for.
      await Promise.all([0, 20, 40].map((from) => bus.publish(keys.flatMap((key) => numbered(key, from, from + 20)))));
      await until(() => expect(new Set(got.map(({ value }) => value)).size).toBe(300));
      for (const key of keys) {
        const values = got.filter((incoming) => incoming.key === key).map(({ value }) => value);
        expect(firsts(values)).toEqual(numbered(key, 0, 60).map(({ value }) => value));
      }
      expect(new Set(got.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    });

    it('carries key, value and headers as they are, and a handler cannot change them for others', async () => {
      const got: IncomingMessage[] = [];
      for (const each of [group, otherGroup]) {
        await bus.subscribe({
          group: each,
          topics: [topic],
          handler: async (incoming) => {
            got.push({ ...incoming, headers: { ...incoming.headers } });
            Object.assign(incoming, { value: 'changed' });
            Object.assign(incoming.headers, { trace: 'changed' });
          },
        });
      }
      await bus.publish([{ topic, key: 'Schlüssel', value: '{"π":"≈ 3,14 🧬"}', headers: { trace: '00-ä' } }]);
      await until(() => expect(got.length).toBeGreaterThanOrEqual(2));
      for (const incoming of got) {
        expect(incoming).toMatchObject({ topic, key: 'Schlüssel', value: '{"π":"≈ 3,14 🧬"}', headers: { trace: '00-ä' } });
        expect(incoming.offset).toMatch(/^\d+$/);
      }
    });

    it('never runs a handler inside a publish', async () => {
      let publishing = false;
      const inside: boolean[] = [];
      await ignoreIn(otherGroup);
      await bus.subscribe({ group, topics: [topic], handler: async () => void inside.push(publishing) });
      publishing = true;
      const published = bus.publish([message('a', '1')]);
      publishing = false;
      await published;
      await until(() => expect(inside.length).toBeGreaterThan(0));
      expect(inside).not.toContain(true);
    });

    it('gives each message to every group, and within a group to one member', async () => {
      const got: Record<'first' | 'second' | 'other', string[]> = { first: [], second: [], other: [] };
      const into = (member: keyof typeof got) => async (incoming: IncomingMessage) => void got[member].push(incoming.value);
      await bus.subscribe({ group, topics: [topic], handler: into('first') });
      await bus.subscribe({ group, topics: [topic], handler: into('second') });
      await bus.subscribe({ group: otherGroup, topics: [topic], handler: into('other') });
      const messages = Array.from({ length: 40 }, (_, i) => message(`key ${i}`, String(i)));
      await bus.publish(messages);
      await until(() => {
        expect(new Set([...got.first, ...got.second]).size).toBe(40);
        expect(new Set(got.other).size).toBe(40);
      });
      expect(got.first.filter((value) => got.second.includes(value))).toEqual([]);
      expect(got.first.length).toBeGreaterThan(0);
      expect(got.second.length).toBeGreaterThan(0);
    });

    it('puts a poison message with the dead letters, with the reason, and goes on with the next', async () => {
      const letters: DeadLetter[] = [];
      const got: string[] = [];
      await ignoreIn(otherGroup);
      await bus.subscribe({
        group: `dead-letters.${group}`,
        topics: [deadLetterTopic],
        handler: async ({ value }) => void letters.push(JSON.parse(value)),
      });
      await bus.subscribe({
        group,
        topics: [topic],
        handler: async ({ value }) => {
          if (value.startsWith('garbled')) throw new PoisonMessage('it is not JSON');
          got.push(value);
        },
      });
      const large = `garbled${'\u0001'.repeat(60_000)}`;
      await bus.publish([
        message('a', '1'),
        { ...message('a', 'garbled'), headers: { trace: 't' } },
        message('a', large),
        message('a', '2'),
      ]);
      await until(() => {
        expect(firsts(got)).toEqual(['1', '2']);
        expect(letters.filter((letter) => letter.topic === topic).length).toBeGreaterThanOrEqual(2);
      });
      const mine = letters.filter((letter) => letter.topic === topic);
      expect(mine.find(({ value }) => value === 'garbled')).toMatchObject({
        key: 'a',
        headers: { trace: 't' },
        group,
        reason: 'it is not JSON',
        truncated: false,
      });
      const cut = mine.find(({ truncated }) => truncated)!;
      expect(large.startsWith(cut.value)).toBe(true);
      expect(cut.value.length).toBeGreaterThan(1000);
      expect(new Date(cut.failedAt).getTime()).toBeGreaterThan(0);
    });

    it('brings a message again whose handler failed, and lets nothing of its key overtake it', async () => {
      const handled: string[] = [];
      let failures = 0;
      await ignoreIn(otherGroup);
      await bus.subscribe({
        group,
        topics: [topic],
        handler: async ({ value }) => {
          if (value === 'a:3' && failures < 3) {
            failures++;
            throw new Error('the database is away');
          }
          handled.push(value);
        },
      });
      await bus.publish([...numbered('a', 0, 10), ...numbered('b', 0, 10)]);
      await until(() => expect(new Set(handled).size).toBe(20));
      expect(failures).toBe(3);
      for (const key of ['a', 'b']) {
        expect(firsts(handled.filter((value) => value.startsWith(key)))).toEqual(numbered(key, 0, 10).map(({ value }) => value));
      }
    });

    it('hands out nothing while paused and loses nothing', async () => {
      const got: string[] = [];
      await ignoreIn(otherGroup);
      const subscription = await bus.subscribe({ group, topics: [topic], handler: async ({ value }) => void got.push(value) });
      await bus.publish(numbered('a', 0, 5));
      await until(() => expect(new Set(got).size).toBe(5));
      subscription.pause();
      await rest(300);
      const before = got.length;
      const published = bus.publish([...numbered('a', 5, 10), ...numbered('b', 0, 5)]);
      await rest(700);
      expect(got.length).toBe(before);
      subscription.resume();
      await published;
      await until(() => expect(new Set(got).size).toBe(15));
    });

    it('lets the message in hand end when a subscription closes, and keeps the rest for the next', async () => {
      const got: string[] = [];
      let begun = false;
      let ended = false;
      await ignoreIn(otherGroup);
      const subscription = await bus.subscribe({
        group,
        topics: [topic],
        handler: async ({ value }) => {
          begun = true;
          await rest(400);
          got.push(value);
          ended = true;
        },
      });
      const published = bus.publish(numbered('a', 0, 6));
      await until(() => expect(begun).toBe(true));
      await subscription.close();
      expect(ended).toBe(true);
      const before = got.length;
      await rest(500);
      expect(got.length).toBe(before);
      expect(before).toBeLessThan(6);
      await bus.subscribe({ group, topics: [topic], handler: async ({ value }) => void got.push(value) });
      await published;
      await until(() => expect(firsts(got)).toEqual(numbered('a', 0, 6).map(({ value }) => value)));
    });

    it('lets the message in hand end when the bus closes, and refuses to publish afterwards', async () => {
      let begun = false;
      let ended = false;
      await ignoreIn(otherGroup);
      await bus.subscribe({
        group,
        topics: [topic],
        handler: async () => {
          begun = true;
          await rest(300);
          ended = true;
        },
      });
      const published = bus.publish([message('a', '1')]);
      await until(() => expect(begun).toBe(true));
      await bus.close();
      expect(ended).toBe(true);
      await published;
      await expect(bus.publish([message('a', '2')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', retryable: true });
      await expect(bus.check()).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
    });

    it('keeps messages for a declared group that comes later', async () => {
      const got: string[] = [];
      await ignoreIn(otherGroup);
      const published = bus.publish(numbered('a', 0, 5));
      await rest(200);
      await bus.subscribe({ group, topics: [topic], handler: async ({ value }) => void got.push(value) });
      await published;
      await until(() => expect(firsts(got)).toEqual(numbered('a', 0, 5).map(({ value }) => value)));
    });

    it('refuses a message of more than 64 KiB, and everything published with it', async () => {
      const got: string[] = [];
      await ignoreIn(otherGroup);
      await bus.subscribe({ group, topics: [topic], handler: async ({ value }) => void got.push(value.slice(0, 5)) });
      // Each ä takes two bytes.
      const largest = 'ä'.repeat(maximumMessageBytes / 2);
      await expect(bus.publish([message('a', 'small'), message('a', `${largest}+`)])).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
        message: expect.stringContaining('65537'),
      });
      await bus.publish([message('a', largest)]);
      await until(() => expect(firsts(got)).toEqual(['äääää']));
    });

    it('names a topic that was not created', async () => {
      await expect(bus.publish([message('a', '1'), { topic: 'test.nowhere', key: 'a', value: '1' }])).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('test.nowhere'),
      });
      await expect(bus.subscribe({ group, topics: ['test.nowhere'], handler: async () => undefined })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(bus.listen(['test.nowhere'], () => undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await bus.missingTopics([topic, 'test.nowhere', 'test.neither', 'test.nowhere'])).toEqual(['test.nowhere', 'test.neither']);
    });

    it('tells how far each group is behind', async () => {
      const behind = async (name: string) =>
        (await bus.lag()).filter((lag) => lag.group === name && lag.topic === topic).reduce((sum, { messages }) => sum + messages, 0);
      await ignoreIn(otherGroup);
      const published = bus.publish(Array.from({ length: 12 }, (_, i) => message(`key ${i}`, String(i))));
      await until(async () => {
        expect(await behind(group)).toBe(12);
        expect(await behind(otherGroup)).toBe(0);
      });
      expect((await bus.lag()).filter((lag) => lag.group === group && lag.topic === topic).map(({ partition }) => partition)).toEqual([
        0, 1, 2, 3,
      ]);
      await bus.subscribe({ group, topics: [topic], handler: async () => undefined });
      await published;
      await until(async () => expect(await behind(group)).toBe(0));
    });

    it('gives a listener every message from now on, and survives its errors', async () => {
      await Promise.all([ignoreIn(group), ignoreIn(otherGroup)]);
      await bus.publish(numbered('a', 0, 3));
      const got: string[] = [];
      const listener = await bus.listen([topic], ({ value }) => {
        got.push(value);
        if (value === 'a:3') throw new Error('a listener fails');
      });
      await bus.publish(numbered('a', 3, 8));
      await until(() => expect(got).toEqual(numbered('a', 3, 8).map(({ value }) => value)));
      listener.pause();
      await rest(300);
      await bus.publish(numbered('a', 8, 10));
      await rest(400);
      expect(got).toHaveLength(5);
      listener.resume();
      await until(() => expect(got).toEqual(numbered('a', 3, 10).map(({ value }) => value)));
      await listener.close();
      await bus.publish(numbered('a', 10, 11));
      await rest(300);
      expect(got).toHaveLength(7);
    });

    it('publishes what may be lost without waiting or throwing', async () => {
      const got: string[] = [];
      await bus.listen([`${topic}.lossy`], ({ value }) => void got.push(value));
      bus.publishLossy([{ topic: `${topic}.lossy`, key: 'job', value: '1' }]);
      bus.publishLossy([{ topic: `${topic}.lossy`, key: 'job', value: 'x'.repeat(maximumMessageBytes + 1) }]);
      bus.publishLossy([]);
      bus.publishLossy([{ topic: `${topic}.lossy`, key: 'job', value: '2' }]);
      await until(() => expect(got).toEqual(['1', '2']));
      await bus.close();
      bus.publishLossy([{ topic: `${topic}.lossy`, key: 'job', value: '3' }]);
    });

    it('says it is well', async () => {
      await bus.subscribe({ group, topics: [topic], handler: async () => undefined });
      await expect(bus.check()).resolves.toBeUndefined();
    });
  });
}

/** Without repetitions, by first arrival. */
function firsts(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
