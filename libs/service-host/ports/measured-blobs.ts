import type { Metrics } from '@cfgen/observability';
import type { BlobStore } from '@cfgen/storage';

/** A store whose traffic through this process is counted: bytes put, and bytes read. */
export function measuredBlobs(blobs: BlobStore, { blobBytes }: Pick<Metrics, 'blobBytes'>): BlobStore {
  const counted = async function* (content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      blobBytes.add({ direction: 'out' }, piece.byteLength);
      yield piece;
    }
  };
  return {
    ...boundTo(blobs),
    async put(content, options) {
      const stored = await blobs.put(content, options);
      blobBytes.add({ direction: 'in' }, stored.bytes);
      return stored;
    },
    read: async (sha256, options) => counted(await blobs.read(sha256, options)),
    async readWhole(sha256, signal) {
      const bytes = await blobs.readWhole(sha256, signal);
      blobBytes.add({ direction: 'out' }, bytes.byteLength);
      return bytes;
    },
  };
}

/** Every member of the port; the store behind may be a class, whose methods a spread would lose. */
function boundTo(blobs: BlobStore): BlobStore {
  return {
    kind: blobs.kind,
    put: (content, options) => blobs.put(content, options),
    read: (sha256, options) => blobs.read(sha256, options),
    readWhole: (sha256, signal) => blobs.readWhole(sha256, signal),
    fetch: (sha256, file, signal) => blobs.fetch(sha256, file, signal),
    stat: (sha256) => blobs.stat(sha256),
    list: () => blobs.list(),
    delete: (sha256) => blobs.delete(sha256),
    sweep: (olderThanMs) => blobs.sweep(olderThanMs),
    presign: (sha256, options) => blobs.presign(sha256, options),
    openImport: (uri, signal) => blobs.openImport(uri, signal),
    check: () => blobs.check(),
    close: () => blobs.close(),
  };
}
