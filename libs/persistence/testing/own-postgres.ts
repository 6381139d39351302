import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../../../tools/stack/stack.sh', import.meta.url));

/** A PostgreSQL for one spec, so that it may be killed without harm to others. */
export interface OwnPostgres {
  readonly url: string;
  readonly port: number;
  /** As a crash does: kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function ownPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'cfgen-postgres-'));
  const port = await freePort();
  const stack = async (verb: string): Promise<void> => {
    await promisify(execFile)('bash', [script, verb, 'postgres'], { env: { ...process.env, STACK_DIR: folder, PG_PORT: String(port) } });
  };
  await stack('up');
  return {
    url: `postgres://cfgen:cfgen-secret@127.0.0.1:${port}/cfgen`,
    port,
    kill: () => stack('kill'),
    start: () => stack('start'),
    async remove() {
      await stack('wipe');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
