import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { all, bytesOf, collect, inPieces, repeated, sha256Of } from '../conformance/contents';
import { createMinioServer, type MinioServer } from '../testing/minio-server';
import type { BlobStore } from '../index';
import { createS3Store } from './s3-store';

const mebibyte = 1 << 20;

describe('S3 store when its server fails', () => {
  let server: MinioServer;
  let store: BlobStore;
  beforeEach(async () => {
    server = await createMinioServer();
    await server.start();
    store = createS3Store({ ...server, bucket: 'cfgen', now: Date.now, createBucket: true, partSize: 5 * mebibyte, retryMs: 1_000 });
  });
  afterEach(async () => {
    await store.close();
    await server.remove();
  });

  it('keeps every blob it acknowledged whole, and lists no half one, when the server is killed again and again during puts', async () => {
    const acknowledged = new Map<string, number>();
    const failures: unknown[] = [];
    let going = true;
    // One kind of content a writer: sent in one request, in parts with its hash known, in parts without.
    const writers = [0, 1, 2].map(async (kind) => {
      for (let i = 0; going; i++) {
        const content = bytesOf(kind === 0 ? 200_000 : 11 * mebibyte, 1000 * kind + i);
        const given = kind === 1 ? content : inPieces(content, 300_000);
        try {
          const { sha256, bytes } = await store.put(given);
          acknowledged.set(sha256, bytes);
        } catch (error) {
          failures.push(error);
        }
      }
    });
    for (let i = 0; i < 4; i++) {
      await sleep(900 + 130 * i);
      await server.kill();
      // Shorter and longer than the store is patient: some puts ride over the gap, others fail.
      await sleep(i % 2 === 0 ? 100 : 1_500);
      await server.start();
    }
    await sleep(500);
    going = false;
    await Promise.all(writers);

    expect(acknowledged.size).toBeGreaterThan(20);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    const listed = await all(store.list());
    const found = new Map(listed.map(({ sha256, bytes }) => [sha256, bytes]));
    for (const [sha256, bytes] of acknowledged) expect(found.get(sha256)).toBe(bytes);
    // What was not acknowledged may be there, but then it is whole.
    for (const { sha256 } of listed) expect(sha256Of(await collect(await store.read(sha256)))).toBe(sha256);
  });

  it('says within a bounded time that the server is away, and works again once it is back', async () => {
    const content = bytesOf(1_000, 1);
    const { sha256 } = await store.put(content);
    const before = await store.read(sha256);
    await server.kill();
    const away = { code: 'STORE_UNAVAILABLE', retryable: true, message: expect.stringContaining(server.endpoint) };
    const start = Date.now();
    await expect(store.check()).rejects.toMatchObject(away);
    expect(Date.now() - start).toBeLessThan(2_000);
    const attempts = [
      store.put(bytesOf(10, 2)),
      store.put(repeated(bytesOf(mebibyte, 3), 12)),
      store.stat(sha256),
      store.read(sha256),
      store.readWhole(sha256),
      store.fetch(sha256, '/tmp/cfgen-never-there'),
      store.delete(sha256),
      all(store.list()),
      store.sweep(0),
      collect(before),
    ];
    await Promise.all(attempts.map((attempt) => expect(attempt).rejects.toMatchObject(away)));
    expect(Date.now() - start).toBeLessThan(20_000);
    await server.start();
    await expect(store.check()).resolves.toBeUndefined();
    expect(await store.readWhole(sha256)).toEqual(content);
    await expect(store.put(bytesOf(10, 2))).resolves.toMatchObject({ bytes: 10 });
  });

  it('rides over a short restart', async () => {
    const patient = createS3Store({ ...server, bucket: 'cfgen', now: Date.now, createBucket: true, retryMs: 20_000 });
    const { sha256 } = await patient.put(bytesOf(1_000, 4));
    await server.kill();
    const both = Promise.all([patient.readWhole(sha256), patient.put(bytesOf(1_000, 5))]);
    await server.start();
    const [read, put] = await both;
    expect(sha256Of(read)).toBe(sha256);
    expect(put).toMatchObject({ bytes: 1_000 });
    await patient.close();
  });

  it('goes on where it was when the server is killed in the middle of a read', async () => {
    const { sha256 } = await store.put(repeated(bytesOf(mebibyte, 6), 40));
    let bytes = 0;
    for await (const piece of await store.read(sha256)) {
      if (bytes === 0) {
        await server.kill();
        await server.start();
      }
      bytes += piece.length;
    }
    expect(bytes).toBe(40 * mebibyte);
  });

  it('stops waiting for a server that is away when told to', async () => {
    const patient = createS3Store({ ...server, bucket: 'cfgen', now: Date.now, retryMs: 60_000 });
    const { sha256 } = await store.put(bytesOf(10, 7));
    await server.kill();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const start = Date.now();
    await expect(patient.put(bytesOf(10, 8), { signal: controller.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(patient.readWhole(sha256, controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(Date.now() - start).toBeLessThan(1_500);
    await patient.close();
  });
});
