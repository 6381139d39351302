import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '@cfgen/contracts';
import { Client } from 'minio';
import { blobStoreConformance } from '../conformance/blob-store-conformance';
import { all, broken, bytesOf, collect, inPieces, repeated, sha256Of } from '../conformance/contents';
import type { StoreUnderTest } from '../conformance/store-under-test';
import { createMinioServer, type MinioServer } from '../testing/minio-server';
import { createS3Store, type S3StoreOptions } from './s3-store';

const mebibyte = 1 << 20;
let server: MinioServer;
let client: Client;
beforeAll(async () => {
  server = await createMinioServer();
  await server.start();
  const { hostname, port } = new URL(server.endpoint);
  client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey: server.accessKey, secretKey: server.secretKey });
});
afterAll(() => server.remove());

const newBucket = (): string => `cfgen-${randomBytes(6).toString('hex')}`;
const optionsFor = (bucket: string): S3StoreOptions => ({ ...server, bucket, now: Date.now, createBucket: true, partSize: 5 * mebibyte });

async function leftoversIn(bucket: string): Promise<string[]> {
  const objects = await client.listObjectsV2Query(bucket, 'uploads/', '', '', 1000, '');
  const unfinished = await client.listIncompleteUploadsQuery(bucket, '', '', '', '');
  return [...objects.objects.map(({ name }) => name ?? ''), ...unfinished.uploads.map(({ key }) => key)];
}

async function openS3(): Promise<StoreUnderTest> {
  const [bucket, allowed, secret] = [newBucket(), newBucket(), newBucket()];
  const content = bytesOf(3_000_000, 1);
  for (const made of [bucket, allowed, secret]) await client.makeBucket(made);
  await client.putObject(allowed, 'deeper/blood cells+ß%41.h5ad', Buffer.from(content));
  await client.putObject(secret, 'secret', Buffer.from('secret'));
  const reopen = (): StoreUnderTest['store'] => createS3Store({ ...optionsFor(bucket), importBuckets: [allowed] });
  return {
    store: reopen(),
    reopen,
    tamper: async (sha256, bytes) => {
      await client.putObject(bucket, blobKey(sha256), Buffer.from(bytes));
    },
    leftovers: () => leftoversIn(bucket),
    imports: {
      allowed: { uri: `s3://${allowed}/deeper/blood cells+ß%41.h5ad`, fileName: 'blood cells+ß%41.h5ad', content },
      missing: `s3://${allowed}/none.h5ad`,
      forbidden: [`s3://${secret}/secret`, `s3://${bucket}/secret`, `s3://${allowed}x/secret`, 's3://no-such-bucket/secret'],
      invalid: [
        '',
        'file:///etc/passwd',
        `s3://${allowed}`,
        `s3://${allowed}/`,
        `s3://${allowed}/../${secret}/secret`,
        `s3://${allowed}/a/./b`,
        `s3://${allowed}//b`,
        `s3://user@${allowed}/b`,
        `http://127.0.0.1/${allowed}/b`,
      ],
    },
    close: async () => undefined,
  };
}

blobStoreConformance('S3 store on MinIO', openS3);

describe('S3 store', () => {
  it('makes its bucket when allowed to, even when many ask at once; else it says that there is none', async () => {
    const bucket = newBucket();
    const none = createS3Store({ ...optionsFor(bucket), createBucket: false });
    const missing = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining(bucket) };
    await expect(none.check()).rejects.toMatchObject(missing);
    await expect(none.stat(sha256Of(bytesOf(1, 1)))).rejects.toMatchObject(missing);
    await expect(none.put(bytesOf(1, 1))).rejects.toMatchObject(missing);
    await Promise.all(Array.from({ length: 4 }, (_, i) => createS3Store(optionsFor(bucket)).put(bytesOf(10, i))));
    await expect(none.check()).resolves.toBeUndefined();
    expect(await all(none.list())).toHaveLength(4);
  });

  it('says when the keys are wrong, at once', async () => {
    for (const wrong of [{ accessKey: 'someone' }, { secretKey: 'something' }]) {
      const store = createS3Store({ ...optionsFor(newBucket()), ...wrong });
      const start = Date.now();
      await expect(store.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('key') });
      await expect(store.put(bytesOf(1, 1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('key') });
      expect(Date.now() - start).toBeLessThan(2_000);
    }
  });

  it.each(['127.0.0.1:9000', 'ftp://host', 'http://host/path', ''])('refuses the address %j', (endpoint) => {
    expect(() => createS3Store({ ...optionsFor('b'), endpoint })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  it('lists more blobs than one answer holds', async () => {
    const store = createS3Store(optionsFor(newBucket()));
    const hashes: string[] = [];
    for (let i = 0; i < 1_050; i += 50) {
      const put = await Promise.all(Array.from({ length: 50 }, (_, j) => store.put(Buffer.from(`content ${i + j}`))));
      hashes.push(...put.map(({ sha256 }) => sha256));
    }
    expect((await all(store.list())).map(({ sha256 }) => sha256)).toEqual(hashes.sort());
  });

  it('copies in parts what is too large for one request', async () => {
    const store = createS3Store({ ...optionsFor(newBucket()), copyBytes: 7 * mebibyte });
    const content = bytesOf(23 * mebibyte + 5, 2);
    const { sha256 } = await store.put(inPieces(content, mebibyte));
    expect(sha256).toBe(sha256Of(content));
    expect(sha256Of(await store.readWhole(sha256))).toBe(sha256);
  });

  it('takes a content of exactly one part, of two, and of one byte more', async () => {
    const store = createS3Store(optionsFor(newBucket()));
    for (const length of [5 * mebibyte, 10 * mebibyte, 5 * mebibyte + 1]) {
      const content = bytesOf(length, length);
      for (const given of [content, inPieces(content, 777_777)]) {
        expect(await store.put(given)).toEqual({ sha256: sha256Of(content), bytes: length });
        expect(sha256Of(await store.readWhole(sha256Of(content)))).toBe(sha256Of(content));
        await store.delete(sha256Of(content));
      }
    }
  });

  it('signs a URL under which a browser saves the blob by its name', async () => {
    const store = createS3Store(optionsFor(newBucket()));
    const content = bytesOf(1_000, 3);
    const { sha256 } = await store.put(content);
    const fileName = 'Zellen "ß" (1) 50%.h5ad';
    const url = await store.presign(sha256, { seconds: 60, fileName, mediaType: 'application/x-hdf5' });
    const answer = await fetch(url!);
    expect(answer.status).toBe(200);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(content);
    expect(answer.headers.get('content-type')).toBe('application/x-hdf5');
    const disposition = answer.headers.get('content-disposition')!;
    expect(disposition).toContain('filename="Zellen ___ (1) 50_.h5ad"');
    expect(decodeURIComponent(disposition.split("UTF-8''")[1]!)).toBe(fileName);
    expect((await fetch(url!.replace(/expires=60/i, 'Expires=600'))).status).toBe(403);
    await expect(store.presign(sha256, { seconds: 0, fileName, mediaType: 'text/plain' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it.each(['text/html\r\nX: y', 'nonsense', ''])('signs no URL for the media type %j', async (mediaType) => {
    const store = createS3Store(optionsFor(newBucket()));
    const signing = store.presign(sha256Of(bytesOf(1, 1)), { seconds: 60, fileName: 'x', mediaType });
    await expect(signing).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('signs URLs for the address that others know the server by', async () => {
    const store = createS3Store({ ...optionsFor(newBucket()), publicEndpoint: 'https://data.example.org' });
    const url = await store.presign(sha256Of(bytesOf(1, 1)), { seconds: 60, fileName: 'x', mediaType: 'text/plain' });
    expect(url).toMatch(/^https:\/\/data\.example\.org\/cfgen-/);
  });

  it('sweeps temporary objects and unfinished uploads that are old, and leaves young ones, blobs and foreign uploads alone', async () => {
    const bucket = newBucket();
    const store = createS3Store(optionsFor(bucket));
    const { sha256 } = await store.put(bytesOf(10, 4));
    await client.putObject(bucket, 'uploads/abc', Buffer.from('x'));
    await client.initiateNewMultipartUpload(bucket, 'uploads/def', {});
    await client.initiateNewMultipartUpload(bucket, blobKey(sha256Of(bytesOf(10, 5))), {});
    await client.initiateNewMultipartUpload(bucket, 'foreign', {});
    expect(await store.sweep(60_000)).toBe(0);
    expect(await leftoversIn(bucket)).toHaveLength(4);
    const later = createS3Store({ ...optionsFor(bucket), now: () => Date.now() + 120_000 });
    expect(await later.sweep(60_000)).toBe(3);
    expect(await leftoversIn(bucket)).toEqual(['foreign']);
    expect(await store.stat(sha256)).not.toBeNull();
  });

  it('goes on where it was when the connection breaks in the middle of a read', async () => {
    const store = createS3Store({ ...optionsFor(newBucket()), idleMs: 400 });
    const { sha256 } = await store.put(repeated(bytesOf(mebibyte, 6), 24));
    let bytes = 0;
    for await (const piece of await store.read(sha256)) {
      // A reader that takes its time: the connection is given up as idle, and a new one goes on.
      if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
      bytes += piece.length;
    }
    expect(bytes).toBe(24 * mebibyte);
  });

  it.each([
    ['goes on with an import', false],
    ['does not mix two objects into one import', true],
  ])('%s when the connection breaks in the middle', async (_, replaced) => {
    const bucket = newBucket();
    await client.makeBucket(bucket);
    const content = Buffer.from(bytesOf(24 * mebibyte, 9));
    await client.putObject(bucket, 'data.h5ad', content);
    const store = createS3Store({ ...optionsFor(bucket), importBuckets: [bucket], idleMs: 400 });
    const received: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of (await store.openImport(`s3://${bucket}/data.h5ad`)).content) {
        if (received.length === 0) {
          if (replaced) await client.putObject(bucket, 'data.h5ad', Buffer.from(bytesOf(24 * mebibyte, 10)));
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
        received.push(piece);
      }
    })();
    if (replaced) await expect(reading).rejects.toMatchObject({ code: 'CONFLICT' });
    else {
      await reading;
      expect(Buffer.compare(Buffer.concat(received), content)).toBe(0);
    }
  });

  it('leaves no listener behind on a signal that serves many transfers', async () => {
    const store = createS3Store(optionsFor(newBucket()));
    const { signal } = new AbortController();
    const warnings: string[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', onWarning);
    for (let i = 0; i < 30; i++) {
      const { sha256 } = await store.put(inPieces(bytesOf(100, i), 7), { signal });
      await collect(await store.read(sha256, { signal }));
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('leaves nothing of a large stream that breaks off, under either kind of key', async () => {
    const bucket = newBucket();
    const store = createS3Store(optionsFor(bucket));
    const wanted = sha256Of(bytesOf(1, 8));
    for (const options of [{}, { sha256: wanted }]) {
      await expect(store.put(broken(bytesOf(mebibyte, 7), 12), options)).rejects.toThrow('the source broke off');
    }
    expect(await leftoversIn(bucket)).toEqual([]);
    expect(await all(store.list())).toEqual([]);
  });
});
