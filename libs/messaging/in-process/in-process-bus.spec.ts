import { describe, expect, it } from 'vitest';
import { deadLetterTopic, type TopicDefinition } from '@cfgen/contracts';
import { messageBusConformance } from '../conformance/message-bus-conformance';
import { PoisonMessage } from '../port/message-bus';
import { createInProcessBus, type InProcessBusOptions } from './in-process-bus';

const settings = { now: () => 1_700_000_000_000, redeliveryDelayMs: 5 };

messageBusConformance('the in-process bus', async (topics) => createInProcessBus({ ...settings, topics }));
messageBusConformance('the in-process bus with duplicates and reordering across keys', async (topics) =>
  createInProcessBus({ ...settings, topics, faults: { duplicates: true, reorderAcrossKeys: true, random: sequence(7) } }),
);

const topic: TopicDefinition = { name: 'work', partitions: 1, retentionMs: 1000, compacted: false, groups: ['workers'] };
const letters: TopicDefinition = { name: deadLetterTopic, partitions: 1, retentionMs: 1000, compacted: false, groups: ['letters'] };

function busWith(options: Partial<InProcessBusOptions> = {}) {
  return createInProcessBus({ ...settings, topics: [topic, letters], ...options });
}

describe('a publish on the in-process bus', () => {
  it('waits for a declared group that has not come yet, and is refused when the bus closes first', async () => {
    const bus = busWith();
    let settled = false;
    const published = bus.publish([{ topic: 'work', key: 'a', value: '1' }]).finally(() => (settled = true));
    const refused = expect(published).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', retryable: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(settled).toBe(false);
    await bus.close();
    await refused;
  });

  it('waits until the handler is through with it, whatever the number of failures', async () => {
    const bus = busWith();
    let tries = 0;
    await bus.subscribe({
      group: 'workers',
      topics: ['work'],
      handler: async () => {
        if (++tries < 4) throw new Error('not yet');
      },
    });
    await bus.publish([{ topic: 'work', key: 'a', value: '1' }]);
    expect(tries).toBe(4);
    await bus.close();
  });

  it('is refused when the bus closes between two tries', async () => {
    const bus = busWith({ redeliveryDelayMs: 60_000, longestRedeliveryDelayMs: 60_000 });
    let tried: () => void = () => undefined;
    const once = new Promise<void>((resolve) => (tried = resolve));
    await bus.subscribe({
      group: 'workers',
      topics: ['work'],
      handler: async () => {
        tried();
        throw new Error('not yet');
      },
    });
    const refused = expect(bus.publish([{ topic: 'work', key: 'a', value: '1' }])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
    await once;
    await bus.close();
    await refused;
  });

  it('of a poison message waits until its dead letter was taken', async () => {
    const bus = busWith();
    const handler = async () => {
      throw new PoisonMessage('garbled');
    };
    await bus.subscribe({ group: 'workers', topics: ['work'], handler });
    let settled = false;
    const published = bus.publish([{ topic: 'work', key: 'a', value: '1' }]).finally(() => (settled = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(settled).toBe(false);
    await bus.subscribe({ group: 'letters', topics: [deadLetterTopic], handler: async () => undefined });
    await published;
    await bus.close();
  });

  it('of a topic without groups resolves at once', async () => {
    const bus = busWith({ topics: [{ ...topic, groups: [] }] });
    await bus.publish([{ topic: 'work', key: 'a', value: '1' }]);
    await bus.close();
  });
});

describe('faults on the in-process bus', () => {
  it('deliver each message twice and let keys overtake each other, the same way for the same seed', async () => {
    const run = async (seed: number): Promise<string[]> => {
      const bus = busWith({ faults: { duplicates: true, reorderAcrossKeys: true, random: sequence(seed) } });
      const got: string[] = [];
      await bus.subscribe({ group: 'workers', topics: ['work'], handler: async ({ value }) => void got.push(value) });
      const values = Array.from({ length: 30 }, (_, i) => ({ topic: 'work', key: `key ${i % 5}`, value: String(i) }));
      await bus.publish(values);
      while (got.length < 60) await new Promise((resolve) => setTimeout(resolve, 5));
      await bus.close();
      return got;
    };
    const got = await run(1);
    for (let i = 0; i < 30; i++) expect(got.filter((value) => value === String(i))).toHaveLength(2);
    expect([...new Set(got)]).not.toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
    expect(await run(1)).toEqual(got);
    expect(await run(2)).not.toEqual(got);
  });
});

/** Numbers from 0 to 1 that repeat from their seed. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
