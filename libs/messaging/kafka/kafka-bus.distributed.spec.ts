import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TopicDefinition } from '@cfgen/contracts';
import { useStack } from '../../../tools/stack/real-servers';
import { messageBusConformance } from '../conformance/message-bus-conformance';
import { quickKafka } from '../testing/quick-kafka';
import { createTopics } from './create-topics';
import { createKafkaBus } from './kafka-bus';

let brokers: readonly string[];
beforeAll(async () => {
  brokers = (await useStack('kafka')).kafkaBrokers;
});

messageBusConformance('the Kafka bus', async (topics) => {
  await createTopics(brokers, topics);
  return createKafkaBus({ ...quickKafka, brokers, instance: randomUUID(), topics });
});

describe('topics on Kafka', () => {
  const definition = (partitions: number): TopicDefinition => ({
    name: `test.${randomUUID()}`,
    partitions,
    retentionMs: 3_600_000,
    compacted: false,
    groups: [],
  });

  it('are created once, with their partitions and retention', async () => {
    const [first, second] = [definition(3), { ...definition(2), compacted: true }];
    expect(await createTopics(brokers, [first])).toEqual({ created: [first.name], existing: [], different: [] });
    expect(await createTopics(brokers, [first, second])).toEqual({ created: [second.name], existing: [first.name], different: [] });
    expect(await createTopics(brokers, [first, second])).toEqual({ created: [], existing: [first.name, second.name], different: [] });
  });

  it('that exist and are not as defined are named and left alone', async () => {
    const topic = definition(3);
    await createTopics(brokers, [topic]);
    const wanted = { ...topic, partitions: 5, retentionMs: 7_200_000, compacted: true };
    for (let i = 0; i < 2; i++) {
      expect((await createTopics(brokers, [wanted])).different).toEqual([
        { topic: topic.name, setting: 'partitions', wanted: '5', found: '3' },
        { topic: topic.name, setting: 'cleanup.policy', wanted: 'compact,delete', found: 'delete' },
        { topic: topic.name, setting: 'retention.ms', wanted: '7200000', found: '3600000' },
      ]);
    }
  });
});

describe('a Kafka bus', () => {
  it('says BUS_UNAVAILABLE when no broker answers', async () => {
    const bus = createKafkaBus({ ...quickKafka, brokers: ['127.0.0.1:1'], instance: 'lost', retries: 2 });
    const unavailable = { code: 'BUS_UNAVAILABLE', retryable: true };
    await expect(bus.publish([{ topic: 'any', key: 'a', value: '1' }])).rejects.toMatchObject(unavailable);
    await expect(bus.subscribe({ group: 'g', topics: ['any'], handler: async () => undefined })).rejects.toMatchObject(unavailable);
    await expect(bus.check()).rejects.toMatchObject(unavailable);
    bus.publishLossy([{ topic: 'any', key: 'a', value: '1' }]);
    await bus.close();
  });

  it('publishes more than a broker takes at once, in order', async () => {
    const topic: TopicDefinition = { name: `test.${randomUUID()}`, partitions: 1, retentionMs: 3_600_000, compacted: false, groups: [] };
    await createTopics(brokers, [topic]);
    const bus = createKafkaBus({ ...quickKafka, brokers, instance: 'large' });
    const got: string[] = [];
    await bus.subscribe({ group: topic.name, topics: [topic.name], handler: async ({ value }) => void got.push(value.slice(0, 6)) });
    const messages = Array.from({ length: 100 }, (_, i) => ({
      topic: topic.name,
      key: 'a',
      value: `${i}`.padStart(6, '0') + 'x'.repeat(60_000),
    }));
    await bus.publish(messages);
    while (got.length < 100) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toEqual(messages.map(({ value }) => value.slice(0, 6)));
    await bus.close();
  });

  it('keeps its session while a handler takes longer than the session time-out', async () => {
    const topic: TopicDefinition = { name: `test.${randomUUID()}`, partitions: 1, retentionMs: 3_600_000, compacted: false, groups: [] };
    await createTopics(brokers, [topic]);
    const bus = createKafkaBus({ ...quickKafka, brokers, instance: 'slow', sessionTimeoutMs: 1_500 });
    const got: string[] = [];
    await bus.subscribe({
      group: topic.name,
      topics: [topic.name],
      handler: async ({ value }) => {
        got.push(value);
        if (got.length === 1) await new Promise((resolve) => setTimeout(resolve, 2_500));
      },
    });
    await bus.publish(['1', '2', '3'].map((value) => ({ topic: topic.name, key: 'a', value })));
    while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toEqual(['1', '2', '3']);
    await bus.close();
  });
});
