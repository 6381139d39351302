import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServers, type RealServers, type Service } from './real-servers';

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('servers of a spec', () => {
  const services: readonly Service[] = ['kafka', 'minio', 'postgres', 'toxiproxy'];
  let servers: RealServers;
  let ports: Record<Service, number>;
  beforeAll(async () => {
    servers = await startServers({ services });
    const { kafkaBrokers, s3, databaseUrl, toxiproxyUrl } = servers.env;
    ports = {
      kafka: Number(kafkaBrokers[0]?.split(':')[1]),
      minio: Number(new URL(s3.endpoint).port),
      postgres: Number(new URL(databaseUrl).port),
      toxiproxy: Number(new URL(toxiproxyUrl).port),
    };
  });
  afterAll(async () => {
    await servers.stop();
  });

  it.each(services)('%s is there, gone after a kill, and back after a start', async (service) => {
    expect(await answers(ports[service])).toBe(true);
    await servers.kill(service);
    expect(await answers(ports[service])).toBe(false);
    await servers.start(service);
    expect(await answers(ports[service])).toBe(true);
  });

  it('can be asked for what they wrote', () => {
    expect(servers.log('kafka')).toContain('Kafka Server started');
  });

  it('stand beside each other', async () => {
    const other = await startServers({ services: ['toxiproxy'] });
    expect(other.folder).not.toBe(servers.folder);
    const port = Number(new URL(other.env.toxiproxyUrl).port);
    expect(await answers(port)).toBe(true);
    await other.stop();
    expect(await answers(port)).toBe(false);
    expect(await answers(ports.toxiproxy)).toBe(true);
    if (process.env['STACK_FOLDER'] === undefined) expect(existsSync(other.folder)).toBe(false);
  });
});
