import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicDefinitions } from '@cfgen/contracts';
import { createClient, type Client } from '@cfgen/client';
import { createTopics } from '@cfgen/messaging';
import type { ServerAddresses } from '../stack/real-servers';
import { startService, type AppName, type ServiceProcess } from './service-process';

export const appNames: readonly AppName[] = ['encoder-decoder-service', 'flow-service', 'prior-service', 'evaluation-service', 'gateway'];

export interface PlatformOptions {
  readonly servers: ServerAddresses;
  /** Processes of each app; default 1. */
  readonly replicas?: Partial<Readonly<Record<AppName, number>>>;
  /** Further settings of every app. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of its bucket and its folder of logs. */
  readonly name: string;
}

/** The five apps as processes on real servers. */
export interface Platform {
  readonly folder: string;
  /** A client of the gateway's present process. */
  readonly client: () => Client;
  /** The running processes of an app. */
  processes(app: AppName): readonly ServiceProcess[];
  /** kill -9 of one process of an app; resolves when it is gone. */
  kill(app: AppName, index?: number): Promise<void>;
  /** Starts another process of an app and waits until it is ready. */
  start(app: AppName): Promise<ServiceProcess>;
  /** Stops everything in good order; answers the exit statuses. */
  stop(): Promise<readonly (number | string)[]>;
}

/** Settings of every app: where the servers are, and times short enough for a spec to wait for. */
export function environmentOf(servers: ServerAddresses, name: string): Readonly<Record<string, string>> {
  return {
    CFGEN_KAFKA_BROKERS: servers.kafkaBrokers.join(','),
    CFGEN_S3_ENDPOINT: servers.s3.endpoint,
    CFGEN_S3_REGION: servers.s3.region,
    CFGEN_S3_ACCESS_KEY: servers.s3.accessKey,
    CFGEN_S3_SECRET_KEY: servers.s3.secretKey,
    CFGEN_S3_BUCKET: `cfgen-${name}`,
    CFGEN_DATABASE_URL: servers.databaseUrl,
    // Short enough for a spec to wait for, long enough not to lose leases on a busy machine.
    CFGEN_LEASE_SECONDS: '12',
    CFGEN_RENEW_SECONDS: '3',
    CFGEN_STOP_SECONDS: '5',
    CFGEN_KAFKA_SESSION_SECONDS: '8',
  };
}

/** Creates the topics, starts every app, and waits until all are ready. */
export async function startPlatform({ servers, replicas = {}, environment = {}, name }: PlatformOptions): Promise<Platform> {
  const folder = mkdtempSync(join(process.env['STACK_FOLDER'] ?? tmpdir(), `cfgen-${name}-`));
  await createTopics(servers.kafkaBrokers, topicDefinitions);
  const settings = { ...environmentOf(servers, name), ...environment };
  const running: ServiceProcess[] = [];
  const started = new Map<AppName, number>();
  const launch = async (app: AppName): Promise<ServiceProcess> => {
    const number = (started.get(app) ?? 0) + 1;
    started.set(app, number);
    const service = await startService(app, folder, `${app}-${number}`, settings);
    running.push(service);
    void service.ended.then(() => running.splice(running.indexOf(service), 1));
    return service;
  };
  const processes = (app: AppName): readonly ServiceProcess[] => running.filter((service) => service.app === app);
  for (const app of appNames) for (let n = 0; n < (replicas[app] ?? 1); n++) await launch(app);
  const stop = async (): Promise<readonly (number | string)[]> => {
    const all = [...running];
    // A stopped (SIGSTOP) process hears nothing until it goes on.
    for (const service of all) service.signal('SIGCONT');
    for (const service of all) service.signal('SIGTERM');
    const timer = setTimeout(() => all.forEach((service) => service.signal('SIGKILL')), 40_000);
    const statuses = await Promise.all(all.map((service) => service.ended));
    clearTimeout(timer);
    return statuses;
  };
  try {
    await Promise.all(running.map((service) => service.ready(120_000)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    processes,
    client() {
      const gateway = processes('gateway')[0];
      if (gateway === undefined) throw new Error('no gateway is running');
      return createClient({ server: gateway.url });
    },
    async kill(app, index = 0) {
      const service = processes(app)[index];
      if (service === undefined) throw new Error(`no process ${index} of ${app} is running`);
      service.signal('SIGKILL');
      await service.ended;
    },
    async start(app) {
      const service = await launch(app);
      await service.ready();
      return service;
    },
    stop,
  };
}
