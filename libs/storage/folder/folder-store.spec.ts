import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blobKey } from '@cfgen/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobStoreConformance } from '../conformance/blob-store-conformance';
import { all, bytesOf, inPieces } from '../conformance/contents';
import type { StoreUnderTest } from '../conformance/store-under-test';
import { createFolderStore } from './folder-store';

async function openFolder(): Promise<StoreUnderTest> {
  const top = await mkdtemp(join(tmpdir(), 'cfgen-folder-store-'));
  const folder = join(top, 'store');
  const allowed = join(top, 'data');
  const content = bytesOf(3_000_000, 1);
  await mkdir(join(allowed, 'deeper'), { recursive: true });
  await mkdir(join(top, 'data-secret'));
  await writeFile(join(allowed, 'deeper', 'blood cells.h5ad'), content);
  await writeFile(join(top, 'secret'), 'secret');
  await writeFile(join(top, 'data-secret', 'secret'), 'secret');
  await symlink(join(top, 'secret'), join(allowed, 'link'));
  await symlink(top, join(allowed, 'up'));
  const reopen = (): StoreUnderTest['store'] => createFolderStore({ folder, now: Date.now, importFolders: [allowed] });
  const uri = (...names: string[]): string => pathToFileURL(join(...names)).href;
  return {
    store: reopen(),
    reopen,
    tamper: (sha256, bytes) => writeFile(join(folder, blobKey(sha256)), bytes),
    leftovers: () => readdir(join(folder, 'uploads')),
    imports: {
      allowed: { uri: uri(allowed, 'deeper', 'blood cells.h5ad'), fileName: 'blood cells.h5ad', content },
      missing: uri(allowed, 'none.h5ad'),
      forbidden: [
        uri(top, 'secret'),
        uri(top, 'no-such-secret'),
        uri(top, 'data-secret', 'secret'),
        uri(allowed, 'link'),
        uri(allowed, 'up', 'secret'),
        `${uri(allowed)}/../secret`,
        `${uri(allowed)}/%2e%2e/secret`,
        'file:///etc/passwd',
        '/etc/passwd'.replace('/', 'file:///'),
      ],
      invalid: [
        '',
        '/etc/passwd',
        's3://bucket/key',
        'file://host/data',
        `${uri(allowed)}/..%2fsecret`,
        `${uri(allowed)}/a%00b`,
        uri(allowed, 'deeper'),
      ],
    },
    close: () => rm(top, { recursive: true }),
  };
}

blobStoreConformance('folder store', openFolder);

describe('folder store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cfgen-folder-store-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('takes the times of blobs from its clock', async () => {
    const store = createFolderStore({ folder, now: () => 1_700_000_000_123 });
    const { sha256 } = await store.put(bytesOf(10, 1));
    expect(await store.stat(sha256)).toMatchObject({ storedAt: 1_700_000_000_123 });
  });

  it('sweeps temporary files that are old, and leaves young ones and blobs alone', async () => {
    const store = createFolderStore({ folder, now: Date.now });
    const { sha256 } = await store.put(bytesOf(10, 2));
    const [old, young] = [join(folder, 'uploads', 'old'), join(folder, 'uploads', 'young')];
    for (const file of [old, young, join(folder, blobKey(sha256))]) await writeFile(file, '');
    for (const file of [old, join(folder, blobKey(sha256))]) await utimes(file, Date.now() / 1000 - 7_200, Date.now() / 1000 - 7_200);
    expect(await store.sweep(3_600_000)).toBe(1);
    expect(await readdir(join(folder, 'uploads'))).toEqual(['young']);
    expect(await store.stat(sha256)).not.toBeNull();
  });

  it('lists blobs only, whatever else lies in the folder', async () => {
    const store = createFolderStore({ folder, now: Date.now });
    const { sha256 } = await store.put(bytesOf(10, 3));
    const shards = join(folder, 'blobs', 'sha256');
    await writeFile(join(shards, 'README'), '');
    await writeFile(join(shards, sha256.slice(0, 2), 'a.part'), '');
    await mkdir(join(shards, 'zz'));
    await writeFile(join(shards, 'zz', sha256), '');
    expect((await all(store.list())).map((blob) => blob.sha256)).toEqual([sha256]);
  });

  it('has no URL to give', async () => {
    const store = createFolderStore({ folder, now: Date.now });
    const { sha256 } = await store.put(bytesOf(10, 4));
    expect(await store.presign(sha256, { seconds: 60, fileName: 'x', mediaType: 'text/plain' })).toBeNull();
  });

  it('says where it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    const store = createFolderStore({ folder: join(folder, 'file', 'store'), now: Date.now });
    await expect(store.put(bytesOf(10, 5))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining('file') });
    await expect(store.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });

  it('allows no imports unless told where from', async () => {
    const store = createFolderStore({ folder, now: Date.now });
    await writeFile(join(folder, 'data.h5ad'), 'x');
    await expect(store.openImport(pathToFileURL(join(folder, 'data.h5ad')).href)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('takes a blob under the hands of a reader away without harm', async () => {
    const store = createFolderStore({ folder, now: Date.now });
    const content = bytesOf(5 << 20, 6);
    const { sha256 } = await store.put(inPieces(content, 100_000));
    let bytes = 0;
    for await (const piece of await store.read(sha256)) {
      if (bytes === 0) await store.delete(sha256);
      bytes += piece.length;
    }
    expect(bytes).toBe(content.length);
    await expect(stat(join(folder, blobKey(sha256)))).rejects.toThrow('ENOENT');
  });
});
