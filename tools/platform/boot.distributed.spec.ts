import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicDefinitions } from '@cfgen/contracts';
import { createTopics } from '@cfgen/messaging';
import { startServers, type RealServers } from '../stack/real-servers';
import { environmentOf } from './platform';
import { startService, type ServiceProcess } from './service-process';

describe('a service that cannot work', () => {
  let servers: RealServers;
  let folder: string;
  const started: ServiceProcess[] = [];
  beforeAll(async () => {
    servers = await startServers({ services: ['kafka', 'minio', 'postgres'] });
    folder = mkdtempSync(join(process.env['STACK_FOLDER'] ?? tmpdir(), 'cfgen-boot-'));
  });
  afterAll(async () => {
    for (const service of started) service.signal('SIGKILL');
    await servers.stop();
  });

  async function start(more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const name = `flow-${started.length}`;
    const service = await startService('flow-service', folder, name, { ...environmentOf(servers.env, 'boot'), ...more });
    started.push(service);
    return service;
  }

  it('ends with status 2 and names the topics that are missing', async () => {
    const service = await start();
    expect(await service.ended).toBe(2);
    expect(service.log()).toContain('Kafka has no topic cfgen.encoder-decoder.commands.v1');
    expect(service.log()).toContain('npm run topics');
  });

  it('ends with status 2 and names a setting that it does not know', async () => {
    const service = await start({ CFGEN_LEASE_SECUNDS: '3' });
    expect(await service.ended).toBe(2);
    expect(service.log()).toContain('CFGEN_LEASE_SECUNDS');
  });

  it('ends at once when it is told to while it waits for its servers', async () => {
    const service = await start({ CFGEN_KAFKA_BROKERS: '127.0.0.1:1' });
    while (!service.log().includes('ECONNREFUSED')) await new Promise((resolve) => setTimeout(resolve, 100));
    const told = performance.now();
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    // Without that it would wait for two minutes.
    expect(performance.now() - told).toBeLessThan(30_000);
  });

  it('starts with the topics there, and ends with status 2 on a schema that is newer than itself', async () => {
    await createTopics(servers.env.kafkaBrokers, topicDefinitions);
    const first = await start();
    await first.ready();
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);

    const client = new pg.Client({ connectionString: servers.env.databaseUrl });
    await client.connect();
    await client.query(`INSERT INTO flow.migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    await client.end();
    const second = await start();
    expect(await second.ended).toBe(2);
    expect(second.log()).toContain('FromTheFuture9999999999999');
  });
});
