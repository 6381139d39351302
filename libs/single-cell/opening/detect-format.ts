import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { isSystemError } from '../temporary/temporary-file';
import { acceptedFormats } from './accepted-formats';
import { rootMarkers } from '../zarr/reading/zarr-files';

/** What the first bytes of a path say it is. */
export type Container = 'hdf5' | 'gzip' | 'zip' | 'zarr' | '10x-folder';

const hdf5Signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Bytes looked at: enough for an HDF5 signature behind a user block of 2,048 bytes (MuData writes one of 512). */
export const headBytes = 4096;

/**
 * Tells what lies at a path by content, not by name. Throws for everything that cannot be opened here, saying what it is.
 *
 * @param name what messages call it
 */
export function detectContainer(path: string, name = basename(path)): Container {
  if (isFolder(path)) return folderContainer(path, name);
  const head = readHead(path);
  if (head.length === 0)
    throw new CfgenError('INPUT_EMPTY', `${name}: the file is empty`, { hint: 'copy or download the file again', details: { file: name } });
  if (isHdf5(head)) return 'hdf5';
  if (isGzip(head)) return 'gzip';
  if (isZip(head)) return 'zip';
  throw foreign(head, name);
}

export function isHdf5(head: Buffer): boolean {
  return [0, 512, 1024, 2048].some((offset) => head.subarray(offset, offset + 8).equals(hdf5Signature));
}

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

export function isZip(head: Buffer): boolean {
  // An archive without files begins with its end record.
  return ['PK\x03\x04', 'PK\x05\x06'].includes(head.subarray(0, 4).toString('latin1'));
}

/** The refusal of content that is neither HDF5 nor gzip. */
export function foreign(head: Buffer, name: string, inside = ''): CfgenError {
  const details = { file: name };
  if (head.subarray(0, 14).toString('latin1') === '%%MatrixMarket') {
    return new CfgenError('INPUT_FORMAT', `${name} is the matrix file of a 10x folder`, {
      hint: 'give the folder that holds matrix, barcodes and features',
      details,
    });
  }
  if (looksLikeText(head)) {
    return new CfgenError('INPUT_UNSUPPORTED', `${name}${inside} looks like text (CSV or TSV), not HDF5`, {
      hint: "read it in Python as a table, turned so that cells are rows, and save it: anndata.read_csv('file').T.write_h5ad('file.h5ad')",
      details: { ...details, format: 'text' },
    });
  }
  if (isZip(head)) {
    return new CfgenError('INPUT_UNSUPPORTED', `${name} is a ZIP archive`, {
      hint: `unpack it and give what is inside; ${acceptedFormats}`,
      details: { ...details, format: 'zip' },
    });
  }
  return new CfgenError('INPUT_FORMAT', `${name}${inside} is not an HDF5 file (wrong signature)`, { hint: acceptedFormats, details });
}

function looksLikeText(head: Buffer): boolean {
  return (
    head.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13) &&
    (head.includes(44) || head.includes(9) || head.includes(59))
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function readHead(path: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(headBytes);
      return head.subarray(0, readSync(fd, head, 0, headBytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  if (cause.code === 'ENOENT')
    return new CfgenError('INPUT_NOT_FOUND', `there is no file ${path}`, { hint: 'check the path', details: { file: path }, cause });
  return new CfgenError('INPUT_UNREADABLE', `${path} cannot be read (${cause.code ?? cause.message})`, {
    hint: 'check the permissions',
    details: { file: path },
    cause,
  });
}

function folderContainer(path: string, name: string): Container {
  const members = readdirSync(path);
  if (members.some((member) => /(^|[._-])(matrix\.mtx|barcodes\.tsv|features\.tsv|genes\.tsv)(\.gz)?$/.test(member))) return '10x-folder';
  if (members.some((member) => rootMarkers.includes(member))) return 'zarr';
  throw new CfgenError('INPUT_FORMAT', `${name} is a folder without matrix.mtx, barcodes.tsv and features.tsv`, {
    hint: acceptedFormats,
    details: { file: name, found: members.slice(0, 20) },
  });
}
