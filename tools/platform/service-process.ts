import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type AppName = 'encoder-decoder-service' | 'flow-service' | 'prior-service' | 'evaluation-service' | 'gateway';

/** One service as a process of its own, as an operator would run it. */
export interface ServiceProcess {
  readonly app: AppName;
  readonly url: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when `/readyz` answers 200. */
  ready(timeoutMs?: number): Promise<void>;
  /** Sends a signal to the process and to the children it computes in. */
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  log(): string;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Starts `node dist/services/<app>/main.mjs`, with a port and a scratch folder of its own. */
export async function startService(
  app: AppName,
  folder: string,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const port = await freePort();
  const logFile = join(folder, `${name}.log`);
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const child: ChildProcess = spawn(process.execPath, [join(root, 'dist/services', app, 'main.mjs')], {
    cwd: dataDir,
    env: {
      ...process.env,
      CFGEN_PROFILE: 'distributed',
      CFGEN_DATA_DIR: dataDir,
      CFGEN_HTTP_HOST: '127.0.0.1',
      CFGEN_HTTP_PORT: String(port),
      CFGEN_COMPUTE_WORKERS: '1',
      CFGEN_THREADS: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${app} did not start`);
  let end: number | string | undefined;
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => {
      end = code ?? signal ?? 'unknown';
      log.end();
      resolve(end);
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  const readLog = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  return {
    app,
    url,
    pid,
    logFile,
    ended,
    log: readLog,
    signal: (signal) => void child.kill(signal),
    async ready(timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        if (end !== undefined) throw new Error(`${name} ended with ${end} while starting:\n${readLog().split('\n').slice(-30).join('\n')}`);
        if (await answersOk(`${url}/readyz`)) return;
        if (Date.now() > deadline)
          throw new Error(`${name} is not ready after ${timeoutMs} ms:\n${readLog().split('\n').slice(-30).join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}
