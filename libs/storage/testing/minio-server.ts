import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A MinIO server of its own for a spec, which may be killed and started again on the same data. */
export interface MinioServer {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Starts the server on its data and waits until it serves. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
}

/** @throws Error where there is no MinIO binary: neither in `MINIO_BINARY` nor in the cache of native servers */
export async function createMinioServer(): Promise<MinioServer> {
  const binary = process.env['MINIO_BINARY'] ?? (await binaryInCache());
  const data = await mkdtemp(join(tmpdir(), 'cfgen-minio-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const [accessKey, secretKey] = ['cfgen', 'cfgen-secret'];
  let running: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async function start(): Promise<void> {
    running = spawn(binary, ['server', data, '--address', `127.0.0.1:${port}`, '--quiet'], {
      stdio: 'ignore',
      env: { ...process.env, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
    });
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (running.exitCode !== null) throw new Error(`MinIO ended with ${running.exitCode}`);
      const answer = await fetch(`${endpoint}/minio/health/ready`).catch(() => null);
      if (answer?.ok === true) return;
      await sleep(50);
    }
    throw new Error('MinIO did not start within 30 s');
  }

  return {
    endpoint,
    region: 'us-east-1',
    accessKey,
    secretKey,
    start,
    kill,
    remove: async () => {
      await kill();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function binaryInCache(): Promise<string> {
  const cache = process.env['STACK_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cfgen-stack');
  const names = await readdir(cache).catch(() => []);
  const name = names
    .filter((found) => /^minio-v[\w.-]+$/.test(found))
    .sort()
    .at(-1);
  if (name === undefined)
    throw new Error(`there is no MinIO in ${cache}: build the native servers first, or name a binary in MINIO_BINARY`);
  return join(cache, name);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
