import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLetterTopic, encodeEnvelope, eventTopic, topicDefinitions, type Envelope } from '@cfgen/contracts';
import { createInProcessBus, type DeadLetter, type MessageBus } from '@cfgen/messaging';
import { inboxRows, openDatabase, outboxRows, type Database } from '@cfgen/persistence';
import { trainFlow } from '../testing/commands';
import { repeatable, until } from '../testing/job-bench';
import { consumeEnvelopes } from './consume-envelopes';

const topic = eventTopic('flow');

describe('consumer of envelopes', () => {
  let folder: string;
  let database: Database;
  let bus: MessageBus;
  let deadLetters: DeadLetter[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cfgen-inbox-'));
    database = await openDatabase({ location: { kind: 'libsql', file: join(folder, 'stage.db') }, content: 'stage', now: Date.now });
    const faults = { duplicates: true, reorderAcrossKeys: true, random: repeatable(3) };
    bus = createInProcessBus({ topics: topicDefinitions, now: Date.now, faults, redeliveryDelayMs: 10 });
    deadLetters = [];
    await bus.subscribe({
      group: 'cfgen.gateway.dead-letters',
      topics: [deadLetterTopic],
      handler: async ({ value }) => void deadLetters.push(JSON.parse(value) as DeadLetter),
    });
  });
  afterEach(async () => {
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const event = (step: number): Envelope => trainFlow({ attempts: [] }, { type: 'CheckpointCommitted', data: { step }, refs: [] });
  const publish = (events: readonly Envelope[]) =>
    bus.publish(events.map((envelope) => ({ topic, key: envelope.runId, value: encodeEnvelope(envelope) })));
  const written = () => database.transaction((transaction) => outboxRows.unsent(transaction, 'spec', 0, 1000));

  it('makes one change of each message, although messages come twice and handlers fail halfway', async () => {
    const seen: string[] = [];
    let failures = 0;
    await consumeEnvelopes({
      bus,
      database,
      inbox: inboxRows,
      group: 'cfgen.gateway',
      topics: [topic],
      now: Date.now,
      handle: async (transaction, envelope) => {
        await outboxRows.add(transaction, 'spec', [{ topic, key: envelope.runId, value: envelope.id }], Date.now());
        if (Number(envelope.data.step) % 5 === 0 && failures++ < 5) throw new Error('lost the connection after the first write');
      },
      handled: ({ id }) => seen.push(id),
    });
    const events = Array.from({ length: 30 }, (_, step) => event(step));
    await publish(events);
    const ids = events.map(({ id }) => id).sort();
    expect((await written()).map(({ value }) => value).sort()).toEqual(ids);
    expect(seen.sort()).toEqual(ids);
    expect(failures).toBeGreaterThanOrEqual(5);
  });

  it('puts what cannot be read aside and goes on', async () => {
    const steps: unknown[] = [];
    await consumeEnvelopes({
      bus,
      database,
      inbox: inboxRows,
      group: 'cfgen.gateway',
      topics: [topic],
      now: Date.now,
      handle: async (_, { data }) => void steps.push(data.step),
    });
    await bus.publish([{ topic, key: 'run', value: '{"type":"FlowTrained"}' }]);
    await publish([event(1)]);
    await until('the readable message is handled', () => steps.length === 1);
    await until('the other is put aside', () => deadLetters.length > 0);
    expect(deadLetters[0]).toMatchObject({ topic, group: 'cfgen.gateway', value: '{"type":"FlowTrained"}' });
  });
});
