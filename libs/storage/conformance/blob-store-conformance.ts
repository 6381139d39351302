import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../index';
import { all, broken, bytesOf, collect, expectSame, hanging, inPieces, repeated, sha256Of } from './contents';
import { liveBufferBytes } from './live-memory';
import { refusalConformance } from './refusal-conformance';
import type { StoreUnderTest } from './store-under-test';

const mebibyte = 1 << 20;

/** What every blob store must do, as tests. The store that `open` gives is empty. */
export function blobStoreConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let place: StoreUnderTest;
    let store: BlobStore;
    let folder: string;
    beforeAll(async () => {
      place = await open();
      store = place.store;
      folder = await mkdtemp(join(tmpdir(), 'cfgen-blobs-'));
    });
    afterAll(async () => {
      await place.close();
      await rm(folder, { recursive: true });
    });
    const listed = async (): Promise<string[]> => (await all(store.list())).map((blob) => blob.sha256);

    it('answers when asked for its health', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });

    it('is empty at first, and says so', async () => {
      expect(await listed()).toEqual([]);
      expect(await store.stat(sha256Of(bytesOf(1, 1)))).toBeNull();
    });

    it.each([
      ['of no bytes', 0],
      ['of one byte', 1],
      ['of some kilobytes', 70_001],
    ])('gives back a content %s as it was put, from an array and from a stream', async (_, length) => {
      const content = bytesOf(length, 11 + length);
      const sha256 = sha256Of(content);
      for (const given of [content, inPieces(content, 999)]) {
        expect(await store.put(given)).toEqual({ sha256, bytes: length });
        expectSame(await store.readWhole(sha256), content);
        expectSame(await collect(await store.read(sha256)), content);
        await store.delete(sha256);
        expect(await store.stat(sha256)).toBeNull();
      }
    });

    it('lets another process read what was put', async () => {
      const content = bytesOf(5_000, 2);
      const { sha256 } = await store.put(content);
      const other = place.reopen();
      expectSame(await other.readWhole(sha256), content);
      await other.close();
    });

    it('tells size and time of a blob, and a later time when the same bytes are put again', async () => {
      const content = bytesOf(1_234, 3);
      const { sha256 } = await store.put(content);
      const first = await store.stat(sha256);
      expect(first).toMatchObject({ sha256, bytes: 1_234 });
      // Servers tell the time in whole seconds.
      expect(Math.abs(first!.storedAt - Date.now())).toBeLessThan(5_000);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await store.put(inPieces(content, 100));
      expect((await store.stat(sha256))!.storedAt).toBeGreaterThan(first!.storedAt);
      expect((await listed()).filter((found) => found === sha256)).toHaveLength(1);
    });

    it('lists every blob once, in the order of the hashes', async () => {
      const put = await Promise.all(Array.from({ length: 40 }, (_, i) => store.put(bytesOf(10 + i, 400 + i))));
      const found = await all(store.list());
      const hashes = found.map((blob) => blob.sha256);
      expect(hashes).toEqual([...new Set(hashes)].sort());
      for (const { sha256, bytes } of put) expect(found.find((blob) => blob.sha256 === sha256)).toMatchObject({ bytes });
    });

    it('deletes a blob, and does nothing where there is none', async () => {
      const { sha256 } = await store.put(bytesOf(100, 5));
      await store.delete(sha256);
      await store.delete(sha256);
      expect(await listed()).not.toContain(sha256);
      await expect(store.read(sha256)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(store.readWhole(sha256)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(store.fetch(sha256, join(folder, 'none'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    });

    it.each([
      [0, 10],
      [0, 1],
      [1, 2],
      [4_999, 5_001],
      [9_990, 10_000],
      [0, 10_000],
      [9_999, 20_000],
      [7, 7],
      [10_000, 10_010],
      [20_000, 20_001],
    ])('reads the bytes from %i to %i of 10000, as far as they go', async (from, to) => {
      const content = bytesOf(10_000, 6);
      const { sha256 } = await store.put(content);
      expectSame(await collect(await store.read(sha256, { range: { from, to } })), content.slice(from, to));
    });

    it.each([
      { from: -1, to: 5 },
      { from: 5, to: 4 },
      { from: 0.5, to: 4 },
      { from: 0, to: Number.NaN },
    ])('refuses the range $from to $to', async (range) => {
      const { sha256 } = await store.put(bytesOf(10_000, 6));
      await expect(store.read(sha256, { range })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    });

    it('keeps one whole blob when many write the same at once', async () => {
      const content = bytesOf(300_000, 7);
      const sha256 = sha256Of(content);
      const results = await Promise.all(Array.from({ length: 16 }, (_, i) => store.put(i % 2 === 0 ? content : inPieces(content, 10_007))));
      for (const result of results) expect(result).toEqual({ sha256, bytes: content.length });
      expect((await listed()).filter((found) => found === sha256)).toHaveLength(1);
      expectSame(await store.readWhole(sha256), content);
      expect(await place.leftovers()).toEqual([]);
    });

    it('keeps every blob when many write different ones at once', async () => {
      const contents = Array.from({ length: 32 }, (_, i) => bytesOf(50_000 + i, 800 + i));
      await Promise.all(contents.map((content) => store.put(inPieces(content, 4_096))));
      for (const content of contents) expectSame(await store.readWhole(sha256Of(content)), content);
      expect(await place.leftovers()).toEqual([]);
    });

    it.each([
      ['at once', 0],
      ['after some bytes', 3],
      ['after some parts', 40],
    ])('leaves nothing of a source that breaks off %s, and passes its error on', async (_, pieces) => {
      const before = await listed();
      await expect(store.put(broken(bytesOf(mebibyte, 9), pieces))).rejects.toThrow('the source broke off');
      expect(await listed()).toEqual(before);
      expect(await place.leftovers()).toEqual([]);
    });

    it.each([
      ['small', 1_000, 100],
      ['large', 20 * mebibyte, mebibyte],
    ])('refuses a %s content of another hash than announced, and leaves nothing', async (_, length, pieceSize) => {
      const before = await listed();
      const wanted = sha256Of(bytesOf(1, 77));
      const content = bytesOf(length, 10);
      for (const given of [content, inPieces(content, pieceSize)]) {
        await expect(store.put(given, { sha256: wanted })).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
      }
      expect(await listed()).toEqual(before);
      expect(await place.leftovers()).toEqual([]);
    });

    it('takes a large content of the hash that was announced', async () => {
      const content = bytesOf(20 * mebibyte, 12);
      const sha256 = sha256Of(content);
      expect(await store.put(inPieces(content, mebibyte), { sha256 })).toEqual({ sha256, bytes: content.length });
      expect(sha256Of(await store.readWhole(sha256))).toBe(sha256);
      await store.delete(sha256);
    });

    it('refuses more bytes than allowed and leaves nothing; as many as allowed are taken', async () => {
      const before = await listed();
      for (const [length, pieceSize] of [
        [1_001, 100],
        [20 * mebibyte + 1, mebibyte],
      ] as const) {
        const content = bytesOf(length, 13);
        for (const given of [content, inPieces(content, pieceSize)]) {
          await expect(store.put(given, { maxBytes: length - 1 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
        }
      }
      expect(await listed()).toEqual(before);
      expect(await place.leftovers()).toEqual([]);
      const content = bytesOf(1_001, 13);
      await expect(store.put(content, { maxBytes: 1_001 })).resolves.toMatchObject({ bytes: 1_001 });
    });

    it.each([
      ['after some bytes', 3],
      ['after some parts', 40],
    ])('stops a put when told to %s, even if the source never answers, and leaves nothing', async (_, pieces) => {
      const before = await listed();
      const controller = new AbortController();
      const put = store.put(hanging(bytesOf(mebibyte, 14), pieces), { signal: controller.signal });
      setTimeout(() => controller.abort(), 600);
      await expect(put).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(await listed()).toEqual(before);
      expect(await place.leftovers()).toEqual([]);
    });

    it('does not even begin when told to stop before', async () => {
      const { sha256 } = await store.put(bytesOf(100, 15));
      const signal = AbortSignal.abort();
      await expect(store.put(bytesOf(100, 16), { signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
      await expect(store.readWhole(sha256, signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
      await expect(store.fetch(sha256, join(folder, 'aborted'), signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(await readdir(folder)).not.toContain('aborted');
    });

    it('stops a read when told to', async () => {
      const { sha256 } = await store.put(repeated(bytesOf(mebibyte, 17), 12));
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _ of await store.read(sha256, { signal: controller.signal })) controller.abort();
      })();
      await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' });
      await store.delete(sha256);
    });

    it.each([
      ['changed', (content: Uint8Array) => content.map((byte, i) => (i === 500 ? byte ^ 1 : byte))],
      ['cut short', (content: Uint8Array) => content.slice(0, 600)],
      ['made longer', (content: Uint8Array) => new Uint8Array([...content, 0])],
    ])('finds out when the bytes at rest were %s, and the next put mends them', async (_, damage) => {
      const content = bytesOf(1_000, 18);
      const { sha256 } = await store.put(content);
      const damaged = damage(content);
      await place.tamper(sha256, damaged);
      await expect(store.readWhole(sha256)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
      const received: Uint8Array[] = [];
      const reading = (async () => {
        for await (const piece of await store.read(sha256)) received.push(piece);
      })();
      await expect(reading).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
      expectSame(new Uint8Array(Buffer.concat(received)), damaged);
      await expect(store.fetch(sha256, join(folder, 'damaged'))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
      expect(await readdir(folder)).not.toContain('damaged');
      await store.put(content);
      expectSame(await store.readWhole(sha256), content);
    });

    it('carries 96 MiB of unknown length and hash without holding them in memory', async () => {
      const piece = bytesOf(mebibyte, 19);
      const { signal } = new AbortController();
      const before = liveBufferBytes();
      const inUse: number[] = [];
      const look = (passed: number): void => {
        if (passed % 24 === 0) inUse.push((liveBufferBytes() - before) / mebibyte);
      };
      const source = async function* (): AsyncGenerator<Uint8Array, void, void> {
        for (let i = 1; i <= 96; i++) {
          yield piece.slice();
          look(i);
        }
      };
      const blob = await store.put(source(), { signal });
      expect(blob.bytes).toBe(96 * mebibyte);
      let bytes = 0;
      let nextLook = 24 * mebibyte;
      for await (const received of await store.read(blob.sha256, { signal })) {
        bytes += received.length;
        if (bytes < nextLook) continue;
        nextLook += 24 * mebibyte;
        look(0);
      }
      expect(bytes).toBe(96 * mebibyte);
      expect(inUse).toHaveLength(8);
      expect(Math.max(...inUse)).toBeLessThan(32);
      expect(await listed()).toContain(blob.sha256);
      expect(await place.leftovers()).toEqual([]);
      await store.delete(blob.sha256);
    });

    it('fetches a blob to a file, and takes a file that is there with the right length', async () => {
      const content = bytesOf(100_000, 20);
      const { sha256 } = await store.put(content);
      const file = join(folder, 'deeper', sha256);
      await store.fetch(sha256, file);
      expectSame(new Uint8Array(await readFile(file)), content);
      const { mtimeMs, ino } = await stat(file);
      await store.fetch(sha256, file);
      expect(await stat(file)).toMatchObject({ mtimeMs, ino });
      await writeFile(file, 'half a fi');
      await store.fetch(sha256, file);
      expectSame(new Uint8Array(await readFile(file)), content);
      expect(await readdir(join(folder, 'deeper'))).toEqual([sha256]);
    });

    it('fetches one blob to one file many times at once', async () => {
      const content = bytesOf(200_000, 21);
      const { sha256 } = await store.put(content);
      const file = join(folder, 'shared');
      await Promise.all(Array.from({ length: 8 }, () => store.fetch(sha256, file)));
      expectSame(new Uint8Array(await readFile(file)), content);
      expect((await readdir(folder)).filter((found) => found.startsWith('shared'))).toEqual(['shared']);
    });

    refusalConformance(() => place);
  });
}
