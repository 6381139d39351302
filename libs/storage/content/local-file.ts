import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { BlobStore, StoredBlob } from '../port/blob-store';
import { piecesOf } from './pieces';

/** The code of an error of the operating system, e.g. `ENOENT`; empty for other errors. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const forbidden = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST']);

/** What an error while writing means: a full disk and missing rights are OUTPUT_UNWRITABLE, the rest is worth another attempt. */
export function writingError(cause: unknown, where: string): unknown {
  if (cause instanceof CfgenError) return cause;
  const code = systemCode(cause);
  if (full.has(code)) {
    return new CfgenError('OUTPUT_UNWRITABLE', `cannot write in ${where}: no space is left (${code})`, {
      hint: 'free some space there, then try again; what was half written is removed',
      details: { where, systemCode: code },
      cause,
    });
  }
  if (forbidden.has(code)) {
    return new CfgenError('OUTPUT_UNWRITABLE', `cannot write in ${where} (${code})`, {
      hint: 'check that it is a folder and that this user may write there',
      details: { where, systemCode: code },
      cause,
    });
  }
  return new CfgenError('STORE_UNAVAILABLE', `cannot write in ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    hint: 'check the disk',
    retryable: true,
    details: { where, systemCode: code },
    cause,
  });
}

/**
 * Writes pieces to a new file, hashes them on the way and flushes them to the disk. Whatever fails, the file is gone afterwards.
 * An error of the pieces passes through as it is.
 *
 * @param timeMs time of the file, milliseconds since 1970
 */
export async function writePieces(file: string, pieces: AsyncIterable<Uint8Array>, timeMs?: number): Promise<StoredBlob> {
  const where = dirname(file);
  const writing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw writingError(error, where);
    }
  };
  const handle = await writing(open(file, 'wx'));
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        bytes += piece.length;
        await writing(handle.appendFile(piece));
      }
      if (timeMs !== undefined) await writing(handle.utimes(timeMs / 1000, timeMs / 1000));
      await writing(handle.sync());
    } finally {
      await writing(handle.close());
    }
    return { sha256: hash.digest('hex'), bytes };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

/** Makes a rename survive a power cut. Windows has no such call for folders. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Copies a blob to a file that is whole or not there; one that is there with the right length is taken as it is. */
export async function fetchToFile(
  store: Pick<BlobStore, 'read' | 'stat'>,
  blob: StoredBlob,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = resolve(file);
  const folder = dirname(target);
  if ((await lengthOf(target)) === blob.bytes) return;
  const temporary = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writingError(error, folder);
  }
  const options = signal === undefined ? {} : { signal };
  await writePieces(temporary, piecesOf(await store.read(blob.sha256, options), options));
  try {
    await rename(temporary, target);
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw writingError(error, folder);
  }
}

async function lengthOf(file: string): Promise<number | null> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw writingError(error, dirname(file));
  }
}
