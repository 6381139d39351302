import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandTopic, eventTopic, stageNames, topicDefinitions } from '@cfgen/contracts';
import type { Run, RunRequest } from '@cfgen/client';
import { createKafkaBus, type IncomingMessage, type MessageBus } from '@cfgen/messaging';
import { startServers, type RealServers, type Service } from '../stack/real-servers';
import { fileOf, generation, training, undisturbed, weightsOf, type Undisturbed } from './fault-workload';
import { nothingLeftOver } from './invariants';
import { startPlatform, type Platform } from './platform';
import { proxiesFor, type Proxied, type Proxies } from './proxies';
import { endOf, runToEnd } from './scenario';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('servers that die, networks that are cut, and messages that nobody expects', () => {
  let servers: RealServers;
  let proxies: Proxies;
  let platform: Platform;
  let bus: MessageBus;
  let expected: Undisturbed;

  beforeAll(async () => {
    servers = await startServers({ services: ['kafka', 'minio', 'postgres', 'toxiproxy'] });
    proxies = await proxiesFor(servers.env);
    platform = await startPlatform({ name: 'server-faults', servers: proxies.servers });
    bus = createKafkaBus({ brokers: servers.env.kafkaBrokers, clientId: 'cfgen-spec', instance: 'spec', now: () => Date.now() });
    expected = await undisturbed(platform);
  }, 300_000);
  afterAll(async () => {
    await bus.close();
    await platform.stop();
    await servers.stop();
  });
  afterEach(async () => {
    expect(await nothingLeftOver(servers.env, 90_000)).toEqual({ unfinishedJobs: 0, unsentMessages: 0 });
  });

  async function disturbed(request: RunRequest, afterMs: number, disturb: () => Promise<void>): Promise<Run> {
    const { id } = await platform.client().startRun(request);
    await sleep(afterMs);
    await disturb();
    const run = await endOf(platform.client, id, 240_000);
    expect(run.error).toBeNull();
    return run;
  }

  const killed: readonly (readonly [Service, number, number])[] = [
    ['kafka', 2000, 700],
    ['minio', 3000, 900],
    ['postgres', 2500, 1100],
  ];

  it.each(killed)(
    'a training ends with the same weights though %s is killed',
    async (service, afterMs) => {
      const run = await disturbed(training(expected.dataSet), afterMs, async () => {
        await servers.kill(service);
        await sleep(1500);
        await servers.start(service);
      });
      expect(weightsOf(run)).toBe(expected.weights);
    },
    300_000,
  );

  it.each(killed)(
    'a generation ends with the same file though %s is killed',
    async (service, _, afterMs) => {
      const run = await disturbed(generation(expected.model), afterMs, async () => {
        await servers.kill(service);
        await sleep(1500);
        await servers.start(service);
      });
      expect(fileOf(run)).toBe(expected.file);
    },
    300_000,
  );

  it.each(['kafka', 's3', 'database'] satisfies Proxied[])(
    'a generation ends with the same file though the network to %s is cut',
    async (server) => {
      const run = await disturbed(generation(expected.model), 800, async () => {
        await proxies.cut(server);
        await sleep(4000);
        await proxies.mend(server);
      });
      expect(fileOf(run)).toBe(expected.file);
    },
    300_000,
  );

  it('takes every message again, in another order, and does nothing twice', async () => {
    const topics = stageNames.flatMap((stage) => [commandTopic(stage), eventTopic(stage)]);
    const seen: IncomingMessage[] = [];
    const reader = await bus.subscribe({
      group: `spec-${Date.now()}`,
      topics,
      handler: async (message) => {
        seen.push(message);
      },
    });
    for (let before = -1; before !== seen.length || seen.length === 0;) {
      before = seen.length;
      await sleep(1500);
    }
    await reader.close();
    expect(seen.length).toBeGreaterThan(50);
    const runsBefore = (await platform.client().listRuns({ limit: 200 })).items;
    await bus.publish(seen.reverse().map(({ topic, key, value, headers }) => ({ topic, key, value, headers })));
    const run = await runToEnd(platform.client, generation(expected.model));
    expect(fileOf(run)).toBe(expected.file);
    const runsAfter = (await platform.client().listRuns({ limit: 200 })).items.filter(({ id }) => id !== run.id);
    expect(runsAfter).toEqual(runsBefore);
  }, 300_000);

  it('puts what nobody can read with the dead letters, with the reason, and goes on', async () => {
    const topics = topicDefinitions.filter(({ name }) => /commands|events|control/.test(name)).map(({ name }) => name);
    const poison = ['', 'not json', '{}', JSON.stringify({ id: 'x' }), '\u0000', '[1,2,3]'];
    await bus.publish(topics.flatMap((topic) => poison.map((value, i) => ({ topic, key: `poison-${i}`, value }))));
    const run = await runToEnd(platform.client, generation(expected.model));
    expect(fileOf(run)).toBe(expected.file);
    const letters = async (): Promise<number> => (await platform.client().listDeadLetters({ limit: 200 })).items.length;
    const deadline = Date.now() + 60_000;
    // Each stage reads the control topic under a group of its own.
    const letterCount = poison.length * (topics.length - 1 + stageNames.length);
    while ((await letters()) < letterCount && Date.now() < deadline) await sleep(500);
    const { items } = await platform.client().listDeadLetters({ limit: 200 });
    expect(items.length).toBe(letterCount);
    expect(items.every(({ reason }) => reason.length > 5)).toBe(true);
  }, 300_000);
});
