import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, bytesOf, repeated, sha256Of } from '../conformance/contents';
import type { BlobStore } from '../index';
import { createFolderStore } from './folder-store';

const run = promisify(execFile);
const mebibyte = 1 << 20;

/** Mounts a file system of 4 MiB. Only root may, and not everywhere: elsewhere this suite does not run. */
async function mountSmall(folder: string): Promise<boolean> {
  return run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
}

const folder = await mkdtemp(join(tmpdir(), 'cfgen-small-disk-'));
const mounted = await mountSmall(folder);
if (!mounted) await rm(folder, { recursive: true });

describe.runIf(mounted)('folder store on a full disk', () => {
  let store: BlobStore;
  beforeAll(() => {
    store = createFolderStore({ folder, now: Date.now });
  });
  afterAll(async () => {
    await run('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('refuses what does not fit, leaves nothing of it, and goes on with what does', async () => {
    const first = await store.put(bytesOf(2 * mebibyte, 1));
    await expect(store.put(repeated(bytesOf(mebibyte, 2), 3))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('free some space'),
    });
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
    expect((await all(store.list())).map(({ sha256 }) => sha256)).toEqual([first.sha256]);
    expect(sha256Of(await store.readWhole(first.sha256))).toBe(first.sha256);
    await expect(store.put(bytesOf(mebibyte, 3))).resolves.toMatchObject({ bytes: mebibyte });
  });

  it('leaves nothing of a file that cannot be fetched for lack of space', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'cfgen-large-disk-'));
    const large = createFolderStore({ folder: elsewhere, now: Date.now });
    const { sha256 } = await large.put(bytesOf(6 * mebibyte, 4));
    await expect(large.fetch(sha256, join(folder, 'fetched', 'file'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect(await readdir(join(folder, 'fetched'))).toEqual([]);
    await rm(elsewhere, { recursive: true });
  });
});
