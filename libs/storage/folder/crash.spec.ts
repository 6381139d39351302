import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { all, collect, sha256Of } from '../conformance/contents';
import { createFolderStore } from './folder-store';

const folder = await mkdtemp(join(tmpdir(), 'cfgen-crash-'));
afterAll(() => rm(folder, { recursive: true }));

/** A process that puts one content after the other and names each that is stored; killed with -9 after the given number. */
async function putUntilKilled(seed: number, count: number): Promise<string[]> {
  const contents = fileURLToPath(new URL('../conformance/contents.ts', import.meta.url));
  const store = fileURLToPath(new URL('./folder-store.ts', import.meta.url));
  const script = `
    const { createFolderStore } = await import(${JSON.stringify(store)});
    const { bytesOf, inPieces } = await import(${JSON.stringify(contents)});
    const store = createFolderStore({ folder: ${JSON.stringify(folder)}, now: Date.now });
    const writer = async (n) => {
      for (let i = 0; ; i++) console.log((await store.put(inPieces(bytesOf(300_000 + i, ${seed} + 3 * i + n), 5_000))).sha256);
    };
    await Promise.all([writer(0), writer(1), writer(2)]);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stored: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    stored.push(line);
    if (stored.length === count) child.kill('SIGKILL');
  }
  return stored;
}

/** Whether the process left files of which the store knows nothing. */
async function halfWritten(): Promise<boolean> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const listed = await all(createFolderStore({ folder, now: Date.now }).list());
  return files.length > listed.length;
}

describe('folder store of a process that is killed', () => {
  it('has every blob that was stored, whole, no half one, and sweeps what was half written', async () => {
    const stored: string[] = [];
    const store = createFolderStore({ folder, now: Date.now });
    for (const [i, count] of [5, 17].entries()) stored.push(...(await putUntilKilled(1_000_000 * (i + 1), count)));
    // By chance all writers can be between two puts when the process dies: then it dies again.
    for (let i = 3; i < 20 && !(await halfWritten()); i++) stored.push(...(await putUntilKilled(1_000_000 * i, 7 + i)));
    const listed = (await all(store.list())).map(({ sha256 }) => sha256);
    expect(listed).toEqual(expect.arrayContaining(stored));
    for (const sha256 of listed) expect(sha256Of(await collect(await store.read(sha256)))).toBe(sha256);
    expect(await store.sweep(-1_000)).toBeGreaterThan(0);
    expect(await store.sweep(-1_000)).toBe(0);
    expect((await all(store.list())).map(({ sha256 }) => sha256)).toEqual(listed);
  });
});
