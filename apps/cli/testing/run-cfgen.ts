import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const command = join(root, 'apps/cli/bin/cfgen.mjs');

/** Makes sure that what is run is what the sources say; does nothing when it is. The kernels are built before the tests start. */
export function buildCfgen(): void {
  execFileSync(process.execPath, [join(root, 'tools/build/build.mjs'), 'cli'], { cwd: root, stdio: 'pipe' });
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started `cfgen`, and what it has printed so far. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Kept when stderr holds the text; refused when the command ends before. */
  hasSaid(text: string): Promise<void>;
}

export function startCfgen(words: readonly string[], cwd: string, variables: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [command, ...words], {
    cwd,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (printed.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (printed.stderr += data.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...printed }));
  });
  const hasSaid = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (printed.stderr.includes(text) ? resolve() : undefined);
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`ended without saying "${text}": ${printed.stderr}`)));
      look();
    });
  return { child, ended, hasSaid };
}

export function runCfgenCommand(words: readonly string[], cwd: string): Promise<Ended> {
  return startCfgen(words, cwd).ended;
}

/** A folder for one spec. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cfgen-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
