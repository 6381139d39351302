import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';

/**
 * A scratch file read and written at positions. Its name is new each time and it is created exclusively, so nothing left by a killed process
 * is ever taken for it; where the system allows (not Windows) the name is removed at once, so that a killed process leaves nothing.
 */
export class TemporaryFile {
  readonly #fd: number;
  #path: string | undefined;
  #open = true;

  constructor(folder: string) {
    const path = join(folder, `cfgen-${process.pid}-${randomUUID()}.tmp`);
    try {
      this.#fd = openSync(path, 'wx+', 0o600);
    } catch (cause) {
      throw unwritable(folder, cause);
    }
    this.#path = path;
    try {
      unlinkSync(path);
      this.#path = undefined;
    } catch (cause) {
      // An open file cannot be unlinked on Windows: close() does it.
      if (!isSystemError(cause)) throw cause;
    }
  }

  write(bytes: Uint8Array, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      try {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
      } catch (cause) {
        throw unwritable('the temporary folder', cause);
      }
    }
  }

  /** Fills `bytes` from `position` on; the range must have been written. */
  read(bytes: Uint8Array, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (got === 0) throw new CfgenError('INTERNAL', 'a temporary file is shorter than what was written to it');
      done += got;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}

/** An error of the operating system or of zlib, which carries a code such as `ENOENT`. */
export function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && 'code' in cause && !(cause instanceof CfgenError);
}

export function unwritable(folder: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  return new CfgenError('OUTPUT_UNWRITABLE', `no temporary file can be written in ${folder} (${cause.code ?? cause.message})`, {
    hint: 'free some space, or name another folder for temporary files',
    cause,
  });
}
