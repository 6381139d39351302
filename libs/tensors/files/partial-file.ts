import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CfgenError } from '@cfgen/contracts';

/**
 * Where the bytes of `path` go until they are complete: a hidden name in the same folder, so that the rename cannot
 * cross a file system, with the process number, so that two processes never write to one file.
 */
export function partialPath(path: string): string {
  const full = resolve(path);
  return join(dirname(full), `.${basename(full)}.${process.pid}.partial`);
}

/**
 * Refuses a file that cannot be written to, before any work is done.
 * @throws CfgenError OUTPUT_EXISTS when `path` exists and may not be replaced; OUTPUT_UNWRITABLE when its folder does not exist.
 */
export function checkOutputPath(path: string, overwrite: boolean): void {
  const folder = dirname(resolve(path));
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CfgenError('OUTPUT_UNWRITABLE', `${path} cannot be written: the folder ${folder} does not exist.`, {
      hint: 'Make the folder first.',
      details: { path },
    });
  }
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    throw new CfgenError('OUTPUT_UNWRITABLE', `${path} cannot be written: it is a folder.`, {
      hint: 'Give the name of a file.',
      details: { path },
    });
  }
  if (!overwrite) {
    throw new CfgenError('OUTPUT_EXISTS', `${path} exists already.`, {
      hint: 'Choose another name, or allow overwriting.',
      details: { path },
    });
  }
}

/**
 * Gives a complete partial file its final name: bytes to disk first, then the rename, then the folder's entry, so that a
 * power cut leaves the old file or the whole new one.
 * @throws CfgenError OUTPUT_UNWRITABLE; the partial file is removed.
 */
export function publishPartialFile(path: string): void {
  const partial = partialPath(path);
  try {
    syncToDisk(partial, 'r+');
    renameSync(partial, path);
  } catch (cause) {
    removePartialFile(path);
    throw outputError(path, cause);
  }
  // Some file systems and platforms cannot open or sync a folder; the file itself is safe by then.
  try {
    syncToDisk(dirname(resolve(path)), 'r');
  } catch {
    return;
  }
}

/** Removes what was written so far; nothing happens when there is none. */
export function removePartialFile(path: string): void {
  try {
    rmSync(partialPath(path), { force: true });
  } catch {
    // Called while another failure is under way, which is the one to tell: a folder that takes no file gives none back either.
    return;
  }
}

/** An error of the operating system while writing `path`, as OUTPUT_UNWRITABLE; a CfgenError stays as it is. */
export function outputError(path: string, cause: unknown): CfgenError {
  if (cause instanceof CfgenError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const full = isErrno(cause, 'ENOSPC') || isErrno(cause, 'EDQUOT');
  return new CfgenError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${full ? 'the disk is full' : reason}.`, {
    hint: full ? 'Free some space, or write to another disk.' : 'Check that the folder exists and that you may write to it.',
    details: { path },
    cause,
  });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function syncToDisk(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
