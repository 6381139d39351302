import { createHash } from 'node:crypto';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ChunksInOrder } from './chunks-in-order';

/** Chunks from one that hardly shrinks to one that all but vanishes, so that later ones are ready before earlier ones. */
const chunks = Array.from({ length: 24 }, (_, i) => {
  const random = (at: number): number => (Math.imul(at + 1, 2654435761) >>> 13) & 255;
  return Uint8Array.from({ length: 1 + 20_000 * ((i * 5) % 7) }, (_, at) => (i % 3 === 0 ? random(at) : at % (i + 1)));
});

async function written(format: 'deflate' | 'gzip', level: number, threads?: number): Promise<Buffer[]> {
  const compressor = new ChunksInOrder(format, { level, ...(threads === undefined ? {} : { threads }) });
  const bytes: Buffer[] = [];
  for (const chunk of chunks) await compressor.submit(chunk, (done) => bytes.push(Buffer.from(done)));
  await compressor.drain();
  return bytes;
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('chunks under compression', () => {
  it.each([1, 4, 9])('come out in order, with the same bytes on any number of threads (level %i)', async (level) => {
    const expected = chunks.map((chunk) => hash(deflateSync(chunk, { level })));
    for (const threads of [undefined, 1, 2, 3, 16]) {
      expect((await written('deflate', level, threads)).map(hash), String(threads)).toEqual(expected);
    }
    expect((await written('deflate', level)).map((bytes) => hash(inflateSync(bytes)))).toEqual(chunks.map(hash));
  });

  it('name no system as gzip', async () => {
    const bytes = await written('gzip', 1, 2);
    expect(bytes.map((one) => one[9])).toEqual(chunks.map(() => 255));
    expect(bytes.map((one) => hash(gunzipSync(one)))).toEqual(chunks.map(hash));
    const rest = (one: Buffer): string => hash(one.subarray(10));
    expect(bytes.map(rest)).toEqual(chunks.map((chunk) => rest(gzipSync(chunk, { level: 1 }))));
  });

  it('are not held without bound', async () => {
    let [given, taken, most] = [0, 0, 0];
    const compressor = new ChunksInOrder('deflate', { level: 1, threads: 2 });
    for (const chunk of chunks) {
      given += 1;
      await compressor.submit(chunk, () => (taken += 1));
      most = Math.max(most, given - taken);
    }
    await compressor.drain();
    expect(taken).toBe(chunks.length);
    expect(most).toBeLessThan(8);
  });

  it('tell of a chunk whose place could not be written', async () => {
    const compressor = new ChunksInOrder('gzip', { level: 1 });
    await compressor.submit(chunks[1], () => {
      throw new Error('the disk is full');
    });
    await expect(compressor.drain()).rejects.toThrow('the disk is full');
  });
});
