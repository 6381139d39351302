import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@cfgen/client';
import { freePort } from './service-process';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `cfgen serve` as a process. */
export interface EmbeddedServer {
  readonly client: Client;
  readonly url: string;
  readonly pid: number;
  /** Seconds from the start of the process to the first 200 of `/readyz`. */
  readonly startSeconds: number;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<number | string>;
  log(): string;
}

/** Starts `cfgen serve` on a data folder and waits until it is ready. */
export async function startEmbedded(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
  command: readonly string[] = [join(root, 'dist/cli/main.mjs')],
): Promise<EmbeddedServer> {
  const port = await freePort();
  const logFile = `${dataDir}.log`;
  const begun = performance.now();
  const child = spawn(process.execPath, [...command, 'serve', '--port', String(port), '--data-dir', dataDir], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let end: number | string | undefined;
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => {
      end = code ?? signal ?? 'unknown';
      resolve(end);
    }),
  );
  // What the process wrote last comes after its end.
  const logged = new Promise<void>((resolve) => child.once('close', () => log.end(resolve)));
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (end !== undefined) {
      await logged;
      throw new Error(`cfgen serve ended with ${end}:\n${readFileSync(logFile, 'utf8')}`);
    }
    if (performance.now() - begun > 60_000) throw new Error(`cfgen serve is not ready after a minute:\n${readFileSync(logFile, 'utf8')}`);
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok === true) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    client: createClient({ server: url }),
    pid: child.pid ?? 0,
    startSeconds: (performance.now() - begun) / 1000,
    signal: (name) => void child.kill(name),
    ended,
    log: () => readFileSync(logFile, 'utf8'),
  };
}
