import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { blobKey, CfgenError } from '@cfgen/contracts';
import { blobNotFound, checkAddress, isAddress, refuseOtherHash } from '../content/address';
import { fetchToFile, flushFolder, systemCode, writePieces, writingError } from '../content/local-file';
import { refuseWhenAborted } from '../content/interruption';
import { piecesOf } from '../content/pieces';
import { boundsOf, verified, whole } from '../content/verification';
import type { BlobStore, ListedBlob, PutOptions, ReadOptions, StoredBlob } from '../port/blob-store';
import { bytesOfFile, fileNameOf, openWithin, pathOfUri } from './folder-imports';

export interface FolderStoreOptions {
  /** Where the blobs lie; made when it is not there. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Folders from which data files may be imported; none when left out. */
  readonly importFolders?: readonly string[];
}

/**
 * Blobs in a local folder: `blobs/sha256/ab/<hash>`, written under `uploads/`, flushed, renamed. Several processes may share the folder.
 */
export function createFolderStore({ folder, now, importFolders = [] }: FolderStoreOptions): BlobStore {
  const root = resolve(folder);
  const uploads = join(root, 'uploads');
  const shards = join(root, 'blobs', 'sha256');
  const fileOf = (sha256: string): string => join(root, blobKey(sha256));

  async function put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredBlob> {
    if (options.sha256 !== undefined) checkAddress(options.sha256);
    await writing(mkdir(uploads, { recursive: true }), root);
    const temporary = join(uploads, `${process.pid}-${randomBytes(12).toString('hex')}`);
    const blob = await writePieces(temporary, piecesOf(content, options), now());
    try {
      refuseOtherHash(options.sha256, blob.sha256);
      refuseWhenAborted(options.signal);
      await moveIntoPlace(temporary, fileOf(blob.sha256));
    } catch (error) {
      await rm(temporary, { force: true });
      throw writingError(error, root);
    }
    return blob;
  }

  /** A blob that is there already is replaced by the same bytes: that renews its time, and mends it should it be damaged. */
  async function moveIntoPlace(temporary: string, file: string): Promise<void> {
    const shard = dirname(file);
    const made = await mkdir(shard, { recursive: true });
    await rename(temporary, file);
    await flushFolder(shard);
    if (made !== undefined) {
      for (let above = dirname(shard); above.length >= root.length; above = dirname(above)) await flushFolder(above);
    }
  }

  async function find(sha256: string): Promise<ListedBlob | null> {
    checkAddress(sha256);
    try {
      const found = await stat(fileOf(sha256));
      return found.isFile() ? { sha256, bytes: found.size, storedAt: Math.round(found.mtimeMs) } : null;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw unavailable(error);
    }
  }

  async function get(sha256: string): Promise<ListedBlob> {
    const blob = await find(sha256);
    if (blob === null) throw blobNotFound(sha256, root);
    return blob;
  }

  async function* bytesOf(sha256: string, from: number, to: number): AsyncGenerator<Uint8Array, void, void> {
    let handle;
    try {
      handle = await open(fileOf(sha256), 'r');
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? blobNotFound(sha256, root, error) : unavailable(error);
    }
    yield* bytesOfFile(handle, from, to);
  }

  async function read(sha256: string, { range, signal }: ReadOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const blob = await get(sha256);
    const { from, to } = boundsOf(range, blob.bytes);
    const pieces = piecesOf(bytesOf(sha256, from, to), signal === undefined ? {} : { signal });
    return from === 0 && to === blob.bytes ? verified(pieces, blob, root) : pieces;
  }

  async function namesIn(path: string): Promise<string[]> {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw unavailable(error);
    }
  }

  async function* list(): AsyncGenerator<ListedBlob, void, void> {
    for (const shard of await namesIn(shards)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await namesIn(join(shards, shard))) {
        const blob = isAddress(name) && name.startsWith(shard) ? await find(name) : null;
        if (blob !== null) yield blob;
      }
    }
  }

  async function sweep(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await namesIn(uploads)) {
      const file = join(uploads, name);
      try {
        if ((await stat(file)).mtimeMs > now() - olderThanMs) continue;
        await rm(file, { force: true });
        removed++;
      } catch (error) {
        // The write came to its end in the meantime.
        if (systemCode(error) !== 'ENOENT') throw unavailable(error);
      }
    }
    return removed;
  }

  async function* importBytes(path: string): AsyncGenerator<Uint8Array, void, void> {
    yield* bytesOfFile(await openWithin(path, importFolders));
  }

  function unavailable(cause: unknown): CfgenError {
    return new CfgenError(
      'STORE_UNAVAILABLE',
      `cannot read the blobs in ${root}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'check that the folder is there and that this user may read and write it',
        retryable: true,
        cause,
      },
    );
  }

  return {
    kind: 'folder',
    put,
    read,
    readWhole: async (sha256, signal) => whole(await read(sha256, signal === undefined ? {} : { signal })),
    fetch: async (sha256, file, signal) => fetchToFile({ read, stat: find }, await get(sha256), file, signal),
    stat: find,
    list,
    delete: async (sha256) => {
      checkAddress(sha256);
      await writing(rm(fileOf(sha256), { force: true }), root);
    },
    sweep,
    presign: async (sha256) => {
      checkAddress(sha256);
      return null;
    },
    openImport: async (uri, signal) => {
      const path = pathOfUri(uri);
      // Opened once to refuse at once, and again when it is read: a stream that nobody reads must not hold a file open.
      await (await openWithin(path, importFolders)).close();
      return { content: piecesOf(importBytes(path), signal === undefined ? {} : { signal }), fileName: fileNameOf(path) };
    },
    check: async () => {
      try {
        await mkdir(uploads, { recursive: true });
        await access(uploads, constants.R_OK | constants.W_OK);
      } catch (error) {
        throw unavailable(error);
      }
    },
    close: async () => undefined,
  };
}

async function writing<T>(work: Promise<T>, where: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw writingError(error, where);
  }
}
