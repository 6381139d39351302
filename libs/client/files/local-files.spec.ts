import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, type Client } from '../client';
import { sendJson, sendProblem, smallServer, type SmallServer } from '../testing/small-server';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Three megabytes that no two pieces of are alike. */
const content = Buffer.from(Uint8Array.from({ length: 3 << 20 }, (_, i) => (i * 2_654_435_761) >>> 24));
const run = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' };
const artifact = { name: 'synthetic.h5ad', bytes: content.length, sha256: sha256(content), mediaType: 'application/x-hdf5' };

let folder: string;
let server: SmallServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cfgen-client-'));
});
afterEach(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(...given: Parameters<typeof smallServer>): Promise<Client> {
  server = await smallServer(...given);
  return createClient({ server: server.url });
}

const system = { limits: { uploadBytes: 1e9 } };

describe('an upload', () => {
  it('sends the file with its length, name and kind, and is checked by what the server got', async () => {
    const file = join(folder, 'pbmc cells.h5ad');
    await writeFile(file, content);
    const client = await serve((request, response) =>
      request.method === 'GET' ? sendJson(response, 200, system) : sendJson(response, 201, { id: 'x', sha256: sha256(request.body) }),
    );
    const progress: number[] = [];
    await client.uploadFile(file, { kind: 'cells', onProgress: (bytes) => progress.push(bytes) });
    const upload = server!.received[1]!;
    expect(upload.url).toBe('/v1/data-sets?name=pbmc+cells.h5ad&kind=cells');
    expect(upload.headers['content-length']).toBe(String(content.length));
    expect(upload.body.equals(content)).toBe(true);
    expect(progress.at(-1)).toBe(content.length);
  });

  it('never holds more than a little of the file in memory', async () => {
    const file = join(folder, 'large.h5ad');
    // So much that what V8 lets lie before it collects, some 32 MiB, is far from the bound.
    const size = 256 << 20;
    await writeFile(file, '');
    await truncate(file, size);
    // One that, unlike the server of the other tests, keeps nothing.
    const sink = createServer((request, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, system);
        return;
      }
      const hash = createHash('sha256');
      request.on('data', (piece: Buffer) => hash.update(piece)).on('end', () => sendJson(response, 201, { sha256: hash.digest('hex') }));
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const { port } = sink.address() as AddressInfo;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const onProgress = (): void => void (most = Math.max(most, process.memoryUsage().arrayBuffers - before));
    try {
      await createClient({ server: `http://127.0.0.1:${port}` }).uploadFile(file, { onProgress });
    } finally {
      sink.closeAllConnections();
      sink.close();
    }
    expect(most).toBeLessThan(size / 2);
  });

  it('begins again when the connection breaks off', async () => {
    const file = join(folder, 'a.h5ad');
    await writeFile(file, content);
    const client = await serve((request, response, index) => {
      if (request.method === 'GET') sendJson(response, 200, system);
      else if (index === 1) response.destroy();
      else sendJson(response, 201, { sha256: sha256(request.body) });
    });
    await client.uploadFile(file, { pause: () => Promise.resolve() });
    expect(server!.received.map(({ body }) => body.length)).toEqual([0, content.length, content.length]);
  });

  it('of other bytes than the server got is an error', async () => {
    const file = join(folder, 'a.h5ad');
    await writeFile(file, content);
    const client = await serve((request, response) =>
      sendJson(response, request.method === 'GET' ? 200 : 201, request.method === 'GET' ? system : { sha256: '0'.repeat(64) }),
    );
    await expect(client.uploadFile(file)).rejects.toMatchObject({ code: 'INPUT_DAMAGED' });
  });

  it('is refused before a byte is sent when the file is too large, a folder or not there', async () => {
    const file = join(folder, 'a.h5ad');
    await writeFile(file, content);
    const client = await serve((_, response) => sendJson(response, 200, { limits: { uploadBytes: 1000 } }));
    await expect(client.uploadFile(file)).rejects.toMatchObject({ code: 'TOO_LARGE', details: { limit: 1000 } });
    await expect(client.uploadFile(folder)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
    await expect(client.uploadFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    expect(server!.received.every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('a download', () => {
  const pause = (): Promise<void> => Promise.resolve();

  it('is taken up where it broke off, and written whole', async () => {
    const client = await serve((request, response, index) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
      response.writeHead(from === 0 ? 200 : 206, { etag: '"v1"', 'content-length': content.length - from, ...range });
      if (index >= 2) response.end(content.subarray(from));
      else response.write(content.subarray(from, from + 500_000), () => setTimeout(() => response.destroy(), 30));
    });
    const file = join(folder, 'out.h5ad');
    await client.downloadArtifact(run, artifact, file, { pause });
    expect((await readFile(file)).equals(content)).toBe(true);
    expect(server!.received.length).toBe(3);
    expect(server!.received[1]!.headers['if-range']).toBe('"v1"');
    expect(await readdir(folder)).toEqual(['out.h5ad']);
  });

  it('of a content that changed meanwhile leaves nothing', async () => {
    const client = await serve((_, response, index) => {
      response.writeHead(200, { 'content-length': content.length });
      if (index > 0) response.end(content);
      else response.write(content.subarray(0, 1000), () => setTimeout(() => response.destroy(), 30));
    });
    await expect(client.downloadArtifact(run, artifact, join(folder, 'out'), { pause })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('of other bytes than were promised leaves nothing', async () => {
    const client = await serve((_, response) => void response.end('something else'));
    await expect(client.downloadArtifact(run, artifact, join(folder, 'out'))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is refused leaves nothing, and one replaces a file only when told to', async () => {
    const client = await serve((_, response, index) =>
      index === 0 ? sendProblem(response, 404, { code: 'NOT_FOUND', detail: 'gone' }) : void response.end(content),
    );
    const file = join(folder, 'out');
    await expect(client.downloadArtifact(run, artifact, file)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(folder)).toEqual([]);
    await writeFile(file, 'mine');
    await expect(client.downloadArtifact(run, artifact, file)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(file, 'utf8')).toBe('mine');
    await client.downloadArtifact(run, artifact, file, { overwrite: true });
    expect((await readFile(file)).equals(content)).toBe(true);
  });
});
