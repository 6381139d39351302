import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { commandTopic, controlGroup, controlTopic, stageGroup, stageNames, topicDefinitions, ulid } from '@cfgen/contracts';
import { createInProcessBus, type MessageBus } from '@cfgen/messaging';
import { createMetrics, silentLogger } from '@cfgen/observability';
import { openDatabase, type Database } from '@cfgen/persistence';
import { createFolderStore, type BlobStore } from '@cfgen/storage';
import { startGateway, type Gateway } from '../gateway';
import type { GatewayOptions } from '../gateway-options';
import { createHttpApp } from '../http/serve-http';
import { fixedRandom } from './fixed-random';
import { ScriptedStages, type Script } from './scripted-stages';

/** A gateway with its HTTP side, on real files and the in-process bus, with scripted services behind it. */
export interface HttpGateway {
  readonly app: NestFastifyApplication;
  readonly gateway: Gateway;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly bus: MessageBus;
  readonly stages: ScriptedStages;
  readonly folder: string;
  /** Lets held jobs succeed. */
  release(): Promise<void>;
  close(): Promise<void>;
}

export interface HttpGatewayOptions extends Partial<GatewayOptions> {
  readonly script?: Script;
  /** Deliver every event twice and in another order. */
  readonly faults?: boolean;
}

export async function openHttpGateway({ script, faults, ...changed }: HttpGatewayOptions = {}): Promise<HttpGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'cfgen-gateway-'));
  const now = Date.now;
  const newId = (): string => ulid(Date.now(), randomBytes(10));
  const random = fixedRandom(5);
  const database = await openDatabase({ location: { kind: 'libsql', file: join(folder, 'gateway.db') }, content: 'gateway', now });
  const blobs = createFolderStore({ folder: join(folder, 'blobs'), now, importFolders: [join(folder, 'imports')] });
  const bus = createInProcessBus({
    ...{ topics: topicDefinitions, now, redeliveryDelayMs: 10 },
    ...(faults === true ? { faults: { duplicates: true, reorderAcrossKeys: true, random } } : {}),
  });
  const stages = new ScriptedStages(blobs, newId, script);
  const answer = async (value: string): Promise<void> => {
    const replies = await stages.answer(value);
    // Not awaited: a service does not wait until the gateway has taken its events. What a closed bus does not take is lost with the spec.
    publish(bus, replies).catch(() => undefined);
  };
  for (const stage of stageNames) {
    const handler = (message: { value: string }): Promise<void> => answer(message.value);
    await bus.subscribe({ group: stageGroup(stage), topics: [commandTopic(stage)], handler });
    if (stage === 'flow') await bus.subscribe({ group: controlGroup(stage), topics: [controlTopic], handler });
    else await bus.subscribe({ group: controlGroup(stage), topics: [controlTopic], handler: () => Promise.resolve() });
  }
  const metrics = createMetrics({ service: 'gateway', processMetrics: false });
  const gateway = await startGateway({
    ...{
      database,
      blobs,
      bus,
      now,
      newId,
      random,
      instance: `gateway-${newId()}`,
      version: '0.0.0',
      profile: 'embedded',
      engine: 'scripted',
    },
    ...{ log: silentLogger, metrics, pollMs: 50, ...changed },
  });
  const app = await createHttpApp(gateway);
  return {
    ...{ app, gateway, database, blobs, bus, stages, folder },
    release: async () => publish(bus, await stages.release()),
    async close() {
      await gateway.stop();
      await app.close();
      await bus.close();
      await database.close();
      await blobs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function publish(bus: MessageBus, replies: Awaited<ReturnType<ScriptedStages['answer']>>): Promise<void> {
  for (const { topic, envelope } of replies) {
    await bus.publish([{ topic, key: envelope.runId, value: JSON.stringify(envelope) }]);
  }
}
