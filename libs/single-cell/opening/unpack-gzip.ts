import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CfgenError } from '@cfgen/contracts';
import { isSystemError, unwritable } from '../temporary/temporary-file';
import { foreign, headBytes, isHdf5 } from './detect-format';

export interface Unpacked {
  readonly path: string;
  /** Removes the unpacked file; harmless when it is gone already. */
  remove(): void;
}

/**
 * Unpacks a gzip-wrapped HDF5 file as a stream into a new file of the temporary folder. Stops at once when what is inside is not HDF5, or
 * at `limit` bytes; nothing is left behind then.
 */
export async function unpackGzip(path: string, tempFolder: string, limit: number, name = basename(path)): Promise<Unpacked> {
  const target = join(tempFolder, `cfgen-${process.pid}-${randomUUID()}.h5`);
  const remove = (): void => rmSync(target, { force: true });
  try {
    await pipeline(createReadStream(path), createGunzip(), guard(name, limit), createWriteStream(target, { flags: 'wx', mode: 0o600 }));
  } catch (cause) {
    remove();
    throw gzipError(cause, name, tempFolder);
  }
  return { path: target, remove };
}

/** Lets bytes through while they may be an HDF5 file within the limit. */
function guard(name: string, limit: number): Transform {
  let bytes = 0;
  let head: Buffer | undefined = Buffer.alloc(0);
  const checkHead = (): void => {
    if (head && !isHdf5(head)) throw foreign(head, name, ': what is inside the gzip file');
    head = undefined;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        bytes += chunk.length;
        if (bytes > limit) throw tooLarge(name, limit);
        if (head) {
          head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
          if (head.length < headBytes) {
            done();
            return;
          }
          const first = head;
          const rest = bytes - head.length;
          checkHead();
          this.push(first);
          done(null, rest > 0 ? chunk.subarray(chunk.length - rest) : undefined);
          return;
        }
        done(null, chunk);
      } catch (cause) {
        done(cause as Error);
      }
    },
    flush(done) {
      const first = head;
      try {
        if (first) checkHead();
        done(null, first);
      } catch (cause) {
        done(cause as Error);
      }
    },
  });
}

function tooLarge(name: string, limit: number): CfgenError {
  return new CfgenError('INPUT_UNREADABLE', `${name} unpacks to more than ${limit.toLocaleString('en-US')} bytes`, {
    hint: 'unpack it yourself (gunzip) and give the .h5ad file',
    details: { file: name, limit },
  });
}

/** A failure of reading gzip as an error that names the file. */
export function gzipError(cause: unknown, name: string, tempFolder: string): unknown {
  if (!isSystemError(cause)) return cause;
  if (cause.code === 'Z_BUF_ERROR') {
    return new CfgenError('INPUT_INCOMPLETE', `${name}: the gzip stream ends early: the download is incomplete`, {
      hint: 'copy or download the file again',
      details: { file: name },
      cause,
    });
  }
  if (cause.code?.startsWith('Z_')) {
    return new CfgenError('INPUT_DAMAGED', `${name} is damaged: the gzip stream cannot be unpacked (${cause.message})`, {
      hint: 'copy or download the file again',
      details: { file: name },
      cause,
    });
  }
  if (cause.syscall === 'write' || cause.syscall === 'open') return unwritable(tempFolder, cause);
  return new CfgenError('INPUT_UNREADABLE', `${name} cannot be read (${cause.code ?? cause.message})`, { details: { file: name }, cause });
}
