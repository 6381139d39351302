import { randomUUID } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CfgenError, type TopicDefinition } from '@cfgen/contracts';
import { startServers, type RealServers } from '../../../tools/stack/real-servers';
import type { MessageBus, OutgoingMessage } from '../port/message-bus';
import { quickKafka } from '../testing/quick-kafka';
import { createProxy, type Proxy } from '../testing/toxiproxy';
import { createTopics } from './create-topics';
import { createKafkaBus } from './kafka-bus';
import type { KafkaBusOptions } from './kafka-bus-options';

let servers: RealServers;
let proxy: Proxy;
beforeAll(async () => {
  servers = await startServers({ services: ['kafka', 'toxiproxy'] });
  proxy = await createProxy(servers.env.toxiproxyUrl, 'kafka', servers.env.kafkaProxied);
});
afterAll(async () => {
  await servers.stop();
});

/** They lie in two of three partitions. */
const keys = ['a', 'b', 'c'];
let topic: TopicDefinition;
let group: string;
let buses: MessageBus[];

beforeEach(async () => {
  group = `group.${randomUUID()}`;
  topic = { name: `test.${randomUUID()}`, partitions: 3, retentionMs: 3_600_000, compacted: false, groups: [group] };
  buses = [];
  await createTopics(servers.env.kafkaBrokers, [topic]);
});
afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
});

function newBus(options: Partial<KafkaBusOptions> = {}): MessageBus {
  const bus = createKafkaBus({ ...quickKafka, brokers: servers.env.kafkaBrokers, instance: randomUUID(), topics: [topic], ...options });
  buses.push(bus);
  return bus;
}

/** Publishes as an outbox does: in order, the same messages again until the bus takes them. */
async function publishSurely(bus: MessageBus, messages: readonly OutgoingMessage[]): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await bus.publish(messages);
      return failures;
    } catch (error) {
      if (!(error instanceof CfgenError && error.retryable)) throw error;
      await rest(100);
    }
  }
}

const round = (at: number): OutgoingMessage[] => keys.map((key) => ({ topic: topic.name, key, value: `${key}:${at}` }));

function expectNothingLost(got: readonly string[], rounds: number): void {
  for (const key of keys) {
    const first = [...new Set(got.filter((value) => value.startsWith(key)))];
    expect(first).toEqual(Array.from({ length: rounds }, (_, at) => `${key}:${at}`));
  }
}
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 50 });

describe('a broker that is killed', () => {
  it('while messages flow costs none, and no order within a key', async () => {
    const got: string[] = [];
    await newBus().subscribe({ group, topics: [topic.name], handler: async ({ value }) => void got.push(value) });
    const publisher = newBus();
    let flowing = true;
    let rounds = 0;
    const flow = (async () => {
      while (flowing) {
        await publishSurely(publisher, round(rounds));
        rounds++;
        await rest(2);
      }
    })();
    const flowOn = async (more: number) => {
      const target = rounds + more;
      await until(() => expect(rounds).toBeGreaterThanOrEqual(target));
    };
    for (let i = 0; i < 2; i++) {
      await flowOn(50);
      await servers.kill('kafka');
      await rest(300);
      await servers.start('kafka');
    }
    await flowOn(50);
    flowing = false;
    await flow;
    await until(() => expect(new Set(got).size).toBe(3 * rounds));
    expectNothingLost(got, rounds);
  });

  it('for longer than a consumer tries shows in the check, and the consumer comes back by itself', async () => {
    const got: string[] = [];
    const log: string[] = [];
    const bus = newBus({ retries: 3, log: (level, message) => log.push(`${level} ${message}`) });
    await bus.subscribe({ group, topics: [topic.name], handler: async ({ value }) => void got.push(value) });
    await publishSurely(bus, round(0));
    await until(() => expect(new Set(got).size).toBe(3));
    await expect(bus.check()).resolves.toBeUndefined();
    await servers.kill('kafka');
    await until(() => expect(log).toContain('error a consumer crashed; a new one takes its place'));
    await expect(bus.check()).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', message: expect.stringContaining(group), retryable: true });
    await servers.start('kafka');
    await publishSurely(bus, round(1));
    await until(() => expect(new Set(got).size).toBe(6));
    await until(() => bus.check());
  });
});

describe('a group that changes while messages are in hand', () => {
  it('loses none and keeps the order within each key', async () => {
    const got: string[] = [];
    const member = async (bus: MessageBus) =>
      bus.subscribe({
        group,
        topics: [topic.name],
        handler: async ({ value }) => {
          await rest(3);
          got.push(value);
        },
      });
    const publisher = newBus();
    await member(newBus());
    let flowing = true;
    let rounds = 0;
    const flow = (async () => {
      while (flowing) {
        await publishSurely(publisher, round(rounds));
        rounds++;
        await rest(2);
      }
    })();
    for (let i = 0; i < 3; i++) {
      await rest(300);
      const second = await member(newBus());
      const third = newBus();
      await member(third);
      await rest(300);
      await second.close();
      await third.close();
    }
    flowing = false;
    await flow;
    await until(() => expect(new Set(got).size).toBe(3 * rounds));
    expectNothingLost(got, rounds);
  });

  it('takes over a message that waits for its redelivery', async () => {
    const got: string[] = [];
    let refused = 0;
    const first = newBus({ redeliveryDelayMs: 60_000, longestRedeliveryDelayMs: 60_000 });
    await first.subscribe({
      group,
      topics: [topic.name],
      handler: async () => {
        refused++;
        throw new Error('this member has no database');
      },
    });
    await publishSurely(first, [...round(0), ...round(1)]);
    // Once for each partition that has a message; the second try is a minute away.
    await until(() => expect(refused).toBe(2));
    await newBus().subscribe({ group, topics: [topic.name], handler: async ({ value }) => void got.push(value) });
    await first.close();
    await until(() => expect(new Set(got).size).toBe(6));
    expectNothingLost(got, 2);
  });
});

describe('an answer that is lost after the broker has written', () => {
  /** Everything in the topic, up to a last message. */
  async function contents(): Promise<string[]> {
    const reader = newBus();
    await publishSurely(reader, [{ topic: topic.name, key: 'a', value: 'last' }]);
    const got: string[] = [];
    await reader.subscribe({ group: `reader.${randomUUID()}`, topics: [topic.name], handler: async ({ value }) => void got.push(value) });
    await until(() => expect(got).toContain('last'));
    return got.filter((value) => value !== 'last');
  }
  const message = (value: string): OutgoingMessage => ({ topic: topic.name, key: 'a', value });

  it('makes a bare idempotent producer lose the next message while it reports success', async () => {
    const retry = { initialRetryTime: 20, factor: 0, multiplier: 1, retries: 1 };
    const client = new kafkajs.Kafka({
      brokers: [servers.env.kafkaProxied.listen],
      requestTimeout: 500,
      retry,
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = client.producer({ idempotent: true, retry, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const send = (value: string) => producer.send({ topic: topic.name, messages: [{ key: 'a', value }] });
    await send('before');
    await proxy.swallowAnswers();
    await expect(send('answer lost')).rejects.toThrow();
    await proxy.heal();
    await proxy.cut();
    await proxy.mend();
    await vi.waitFor(() => send('silently lost'), { timeout: 10_000 });
    await send('after');
    await producer.disconnect();
    // If this fails, kafkajs no longer needs the first rule of ReliableProducer.
    expect(await contents()).toEqual(['before', 'answer lost', 'after']);
  });

  it('costs the bus nothing: what it says it has published is there', async () => {
    const bus = newBus({ brokers: [servers.env.kafkaProxied.listen], requestTimeoutMs: 500, retries: 1 });
    await bus.publish([message('before')]);
    await proxy.swallowAnswers();
    await expect(bus.publish([message('answer lost')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', retryable: true });
    await proxy.heal();
    await proxy.cut();
    await proxy.mend();
    await publishSurely(bus, [message('next')]);
    await bus.publish([message('after')]);
    expect((await contents()).filter((value) => value !== 'answer lost')).toEqual(['before', 'next', 'after']);
  });

  it('or connections that are cut again and again cost nothing either', async () => {
    const got: string[] = [];
    await newBus({ brokers: [servers.env.kafkaProxied.listen] }).subscribe({
      group,
      topics: [topic.name],
      handler: async ({ value }) => void got.push(value),
    });
    const publisher = newBus({ brokers: [servers.env.kafkaProxied.listen], retries: 2 });
    let flowing = true;
    let rounds = 0;
    const flow = (async () => {
      while (flowing) {
        await publishSurely(publisher, round(rounds));
        rounds++;
        await rest(1);
      }
    })();
    for (let i = 0; i < 5; i++) {
      await rest(200);
      await proxy.cut();
      await rest(150);
      await proxy.mend();
    }
    await rest(500);
    flowing = false;
    await flow;
    await until(() => expect(new Set(got).size).toBe(3 * rounds));
    expectNothingLost(got, rounds);
  });
});
