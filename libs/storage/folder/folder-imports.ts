import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CfgenError } from '@cfgen/contracts';
import { systemCode } from '../content/local-file';

/**
 * The path that a `file:` URI names.
 *
 * @throws CfgenError REQUEST_INVALID
 */
export function pathOfUri(uri: string): string {
  const invalid = (cause?: unknown): CfgenError =>
    new CfgenError('REQUEST_INVALID', `"${uri.slice(0, 200)}" cannot be imported here`, {
      hint: 'give the URI of a local file, e.g. file:///data/cells.h5ad',
      ...(cause === undefined ? {} : { cause }),
    });
  if (!uri.startsWith('file:///')) throw invalid();
  try {
    const path = fileURLToPath(uri);
    if (path.includes('\0')) throw invalid();
    return path;
  } catch (cause) {
    throw invalid(cause);
  }
}

/**
 * Opens a file for reading where it lies, links followed, within one of the allowed folders.
 *
 * @throws CfgenError FORBIDDEN, NOT_FOUND, REQUEST_INVALID for what is not a file
 */
export async function openWithin(path: string, allowedFolders: readonly string[]): Promise<FileHandle> {
  const folders = await realFolders(allowedFolders);
  const forbidden = (): CfgenError =>
    new CfgenError('FORBIDDEN', `${path} does not lie in a folder that is allowed for imports`, {
      hint:
        allowedFolders.length === 0
          ? 'no folder is allowed: the operator names them in the configuration'
          : `allowed are ${allowedFolders.join(', ')}`,
    });
  let real: string;
  try {
    real = await realpath(path);
  } catch (cause) {
    // What lies elsewhere is not told from what does not exist, so that nobody can feel around.
    if (!folders.some((folder) => isWithin(path, folder)) && !allowedFolders.some((folder) => isWithin(path, resolve(folder))))
      throw forbidden();
    throw new CfgenError('NOT_FOUND', `there is no file ${path}`, { hint: 'check the name', cause });
  }
  if (!folders.some((folder) => isWithin(real, folder))) throw forbidden();
  try {
    // Neither a link put there in the meantime nor a pipe that nobody writes to gets in the way.
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    throw new CfgenError('NOT_FOUND', `cannot open ${path} (${systemCode(cause)})`, { hint: 'check that this user may read it', cause });
  }
  throw new CfgenError('REQUEST_INVALID', `${path} is not a file`, { hint: 'name a single file' });
}

/** Bytes of a file from where a handle stands; closes it at the end. */
export async function* bytesOfFile(handle: FileHandle, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array, void, void> {
  const pieceSize = 1 << 20;
  try {
    for (let position = from; position < to;) {
      // A buffer of its own for each piece: readers may keep it.
      const buffer = Buffer.allocUnsafeSlow(Math.min(pieceSize, to - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

export function fileNameOf(path: string): string {
  return basename(path);
}

async function realFolders(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map(async (folder) => realpath(folder).catch(() => null)));
  return real.filter((folder) => folder !== null);
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
