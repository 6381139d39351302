import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CfgenError, eventTopic, topicDefinitions } from '@cfgen/contracts';
import { createInProcessBus, type MessageBus, type OutgoingMessage } from '@cfgen/messaging';
import { openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { repeatable, until } from '../testing/job-bench';
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay';

const topic = eventTopic('flow');

describe('outbox relay', () => {
  let folder: string;
  let database: Database;
  let bus: MessageBus;
  let received: { key: string; value: string }[];
  const relays: OutboxRelay[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cfgen-outbox-'));
    database = await openDatabase({ location: { kind: 'libsql', file: join(folder, 'stage.db') }, content: 'stage', now: Date.now });
    bus = createInProcessBus({ topics: topicDefinitions, now: Date.now });
    received = [];
    await bus.subscribe({
      group: 'cfgen.gateway',
      topics: [topic],
      handler: async ({ key, value }) => void received.push({ key, value }),
    });
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  function open(options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    const relay = new OutboxRelay({ database, outbox: outboxRows, bus, producer: 'me', now: Date.now, random: repeatable(1), ...options });
    relays.push(relay);
    relay.start();
    return relay;
  }

  const write = (producer: string, count: number, from = 0, now = Date.now()) =>
    database.transaction((transaction) =>
      outboxRows.add(
        transaction,
        producer,
        Array.from({ length: count }, (_, i) => ({ topic, key: `run-${(from + i) % 3}`, value: String(from + i) })),
        now,
      ),
    );
  const left = () => database.transaction((transaction) => outboxRows.count(transaction));
  const ofKey = (key: string) => received.filter((message) => message.key === key).map(({ value }) => Number(value));

  it('publishes what was written, each key in order, and leaves the outbox empty', async () => {
    const relay = open({ batch: 7 });
    for (let from = 0; from < 100; from += 10) {
      await write('me', 10, from);
      relay.notify();
    }
    expect(await relay.flush(5000)).toBe(true);
    expect(received).toHaveLength(100);
    for (const key of ['run-0', 'run-1', 'run-2']) expect(ofKey(key)).toEqual([...ofKey(key)].sort((a, b) => a - b));
    expect(await left()).toBe(0);
  });

  it('keeps everything, in order, while the bus is away, and says so', async () => {
    let away = true;
    let tries = 0;
    const publish = (messages: readonly OutgoingMessage[]): Promise<void> => {
      tries++;
      return away ? Promise.reject(new CfgenError('BUS_UNAVAILABLE', 'no broker answers', { retryable: true })) : bus.publish(messages);
    };
    const relay = open({ bus: { publish } });
    for (let i = 0; i < 20; i++) {
      await write('me', 1, i);
      relay.notify();
      await pause(10);
    }
    await until('a publish was tried', () => tries > 0);
    expect(() => relay.check()).toThrow('no broker answers');
    expect(await relay.flush(50)).toBe(false);
    // Notices do not turn the pauses into a storm.
    expect(tries).toBeLessThan(8);
    expect(await left()).toBe(20);
    away = false;
    expect(await relay.flush(10_000)).toBe(true);
    expect(() => relay.check()).not.toThrow();
    expect(ofKey('run-1')).toEqual([1, 4, 7, 10, 13, 16, 19]);
  });

  it('publishes again what was acknowledged but not yet removed when it died', async () => {
    await write('me', 5);
    const failing: Database = {
      ...database,
      transaction: (work) => database.transaction(work),
    };
    const dying = open({
      database: failing,
      outbox: { ...outboxRows, sent: () => Promise.reject(new Error('died')) },
    });
    await until('published once', () => received.length >= 5);
    await dying.close();
    expect(await left()).toBe(5);
    await open().flush(5000);
    expect(await left()).toBe(0);
    expect([...new Set(received.map(({ value }) => value))]).toEqual(['0', '1', '2', '3', '4']);
  });

  it('takes over what a dead process left behind, and nothing that is fresh', async () => {
    await write('dead', 3, 0, Date.now() - 60_000);
    await write('alive', 3, 3);
    const two = [open({ producer: 'one', pollMs: 20 }), open({ producer: 'two', pollMs: 20 })];
    await Promise.all(two.map((relay) => relay.flush(5000)));
    await until('the left-over rows are published', () => received.length >= 3);
    await pause(200);
    expect(new Set(received.map(({ value }) => value))).toEqual(new Set(['0', '1', '2']));
    expect(await left()).toBe(3);
  });
});
