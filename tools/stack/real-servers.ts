// Real servers for specs: an instance of its own with `startServers`, or the one that `npm run stack:up` started with `useStack`.
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type Service = 'kafka' | 'minio' | 'postgres' | 'toxiproxy';

/** Where the servers are. Addresses of services that were not asked for are there too, but nobody answers. */
export interface ServerAddresses {
  /** `host:port` for Kafka clients. */
  readonly kafkaBrokers: readonly string[];
  /** Where a proxy has to listen, and what it has to forward to, so that Kafka clients stay behind it. */
  readonly kafkaProxied: { readonly listen: string; readonly upstream: string };
  readonly s3: { readonly endpoint: string; readonly region: string; readonly accessKey: string; readonly secretKey: string };
  readonly databaseUrl: string;
  readonly toxiproxyUrl: string;
}

export interface RealServers {
  readonly env: ServerAddresses;
  /** Folder of the data and of the logs, `<service>.log`. */
  readonly folder: string;
  /** kill -9. */
  kill(service: Service): Promise<void>;
  /** Starts a service on the data it has; resolves once it serves. */
  start(service: Service): Promise<void>;
  /** What a service wrote so far. */
  log(service: Service): string;
  /** Ends the servers and deletes their data. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly services: readonly Service[];
  /** Default: a new folder, deleted by `stop`. */
  readonly dir?: string;
  /** Ports by name, as stack.sh knows them, e.g. `KAFKA_PORT`. Default: free ones. */
  readonly ports?: Readonly<Record<string, number>>;
}

const script = fileURLToPath(new URL('./stack.sh', import.meta.url));
const portNames = [
  'KAFKA_PORT',
  'KAFKA_CONTROLLER_PORT',
  'KAFKA_BEHIND_PROXY_PORT',
  'KAFKA_PROXY_PORT',
  'S3_PORT',
  'PG_PORT',
  'TOXIPROXY_PORT',
];

/**
 * Starts servers that nobody else uses, so that a spec may kill them.
 *
 *     const servers = await startServers({ services: ['kafka'] });
 *     await servers.kill('kafka');
 *     await servers.start('kafka');
 *     await servers.stop();
 */
export async function startServers({ services, dir, ports = {} }: StartOptions): Promise<RealServers> {
  // STACK_FOLDER: where the runner of all distributed specs keeps logs and looks for servers left behind.
  const parent = process.env['STACK_FOLDER'];
  const folder = dir ?? mkdtempSync(join(parent ?? tmpdir(), 'cfgen-servers-'));
  const settings: Record<string, string> = { STACK_DIR: folder };
  const free = await freePorts(portNames.length);
  portNames.forEach((name, at) => (settings[name] = String(ports[name] ?? free[at])));
  const stack = (...args: string[]): Promise<string> => runStack(settings, args);

  const stop = async (): Promise<void> => {
    if (parent === undefined) {
      await stack('wipe', ...services);
      if (dir === undefined) rmSync(folder, { recursive: true, force: true });
      return;
    }
    await stack('kill', ...services);
    for (const entry of readdirSync(folder)) {
      if (!/[.]log([.]1)?$/.test(entry)) rmSync(join(folder, entry), { recursive: true, force: true });
    }
  };
  try {
    await stack('up', ...services);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: addresses(await stack('env')),
    folder,
    kill: async (service) => {
      await stack('kill', service);
    },
    start: async (service) => {
      await stack('start', service);
    },
    log: (service) => {
      const file = join(folder, `${service}.log`);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    },
    stop,
  };
}

/**
 * The servers that run already: those named in the environment (KAFKA_BROKERS and so on, as `stack.sh env` prints them), else those of
 * `npm run stack:up`. Specs share them: use names of your own, and never stop them.
 */
export async function useStack(...services: Service[]): Promise<ServerAddresses> {
  if (process.env['KAFKA_BROKERS'] !== undefined) return addressesFrom(process.env);
  try {
    await runStack({}, ['status', ...services]);
  } catch (cause) {
    throw new Error(`The stack is not running: ${services.join(', ')}. Start it with npm run stack:up, or run npm run test:distributed.`, {
      cause,
    });
  }
  return addresses(await runStack({}, ['env']));
}

async function runStack(settings: Readonly<Record<string, string>>, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('bash', [script, ...args], { env: { ...process.env, ...settings } });
    return stdout;
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    throw new Error(`stack.sh ${args.join(' ')} failed\n${output}`, { cause: error });
  }
}

function addresses(lines: string): ServerAddresses {
  return addressesFrom(
    Object.fromEntries(
      lines
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  );
}

function addressesFrom(values: Readonly<Record<string, string | undefined>>): ServerAddresses {
  const value = (name: string): string => {
    const found = values[name];
    if (found === undefined) throw new Error(`The environment names servers, but lacks ${name}; stack.sh env prints all of them.`);
    return found;
  };
  return {
    kafkaBrokers: value('KAFKA_BROKERS').split(','),
    kafkaProxied: { listen: value('KAFKA_PROXIED_LISTEN'), upstream: value('KAFKA_PROXIED_UPSTREAM') },
    s3: {
      endpoint: value('S3_ENDPOINT'),
      region: value('S3_REGION'),
      accessKey: value('S3_ACCESS_KEY'),
      secretKey: value('S3_SECRET_KEY'),
    },
    databaseUrl: value('DATABASE_URL'),
    toxiproxyUrl: value('TOXIPROXY_URL'),
  };
}

/** Ports that nobody has now, below those the system gives to outgoing connections. */
async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1000) throw new Error('found no free ports between 20000 and 32000');
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
