import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { isSystemError } from '../../temporary/temporary-file';
import { ZipArchive } from '../zip/zip-archive';

/** The files of a Zarr store, in a folder or in a ZIP archive. Keys are relative to the store (`X/data/0`). */
export interface ZarrFiles {
  /** Bytes on disk. */
  readonly bytes: number;
  /** Files whose content is the identity of the store, in order. */
  readonly paths: readonly string[];
  /** Names in a folder of the store, sorted. */
  names(folder: string): readonly string[];
  /** Bytes of a file in a buffer of their own; undefined when there is none. */
  read(key: string): Uint8Array | undefined;
  /** Bytes `offset .. offset + length` of a file, fewer where it ends; a negative offset counts from the end. */
  readRange(key: string, offset: number, length: number): Uint8Array | undefined;
  close(): void;
}

/** Names that tell the root of a store. */
export const rootMarkers = ['zarr.json', '.zgroup', '.zattrs', '.zmetadata'];

/** The files of a store. @param name what messages call it */
export function zarrFiles(path: string, container: 'zarr' | 'zip', name: string): ZarrFiles {
  return container === 'zip' ? zipFiles(path, name) : folderFiles(path);
}

/** A store that lies in a folder. */
function folderFiles(root: string): ZarrFiles {
  const paths: string[] = [];
  let bytes = 0;
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder).sort()) {
      const path = join(folder, entry);
      const stats = statSync(path);
      if (stats.isDirectory()) visit(path);
      else {
        paths.push(path);
        bytes += stats.size;
      }
    }
  };
  visit(root);
  return {
    bytes,
    paths,
    names: (folder) => absent(() => readdirSync(join(root, folder)).sort()) ?? [],
    // The copy has a buffer of its own: decoders look at whole buffers.
    read: (key) => absent(() => new Uint8Array(readFileSync(join(root, key)))),
    readRange: (key, offset, length) => absent(() => readPart(join(root, key), offset, length)),
    close: () => undefined,
  };
}

/** A store inside a ZIP archive, at its root or in the one folder it holds. @param name what messages call it */
function zipFiles(path: string, name: string): ZarrFiles {
  const archive = new ZipArchive(path, name);
  const names = [...archive.names];
  const markers = names.filter((entry) => rootMarkers.includes(entry.slice(entry.lastIndexOf('/') + 1)));
  const [shallowest] = markers.map((entry) => entry.slice(0, entry.lastIndexOf('/') + 1)).sort((a, b) => a.length - b.length);
  if (shallowest === undefined) {
    archive.close();
    throw new CfgenError('INPUT_UNSUPPORTED', `${name} is a ZIP archive without a Zarr store`, {
      hint: 'unpack it and give what is inside',
      details: { file: name, found: names.slice(0, 20) },
    });
  }
  const folders = new Map<string, Set<string>>();
  for (const entry of names.filter((member) => member.startsWith(shallowest))) {
    const parts = entry.slice(shallowest.length).split('/');
    for (let depth = 0; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const members = folders.get(folder) ?? new Set();
      members.add(parts[depth]);
      folders.set(folder, members);
    }
  }
  return {
    bytes: archive.bytes,
    paths: [path],
    names: (folder) => [...(folders.get(folder) ?? [])].sort(),
    read: (key) => archive.read(shallowest + key),
    readRange: (key, offset, length) => archive.readRange(shallowest + key, offset, length),
    close: () => archive.close(),
  };
}

function readPart(path: string, offset: number, length: number): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const start = Math.min(size, offset < 0 ? Math.max(0, size + offset) : offset);
    const bytes = new Uint8Array(Math.min(length, size - start));
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(fd, bytes, done, bytes.length - done, start + done);
      if (got === 0) break;
      done += got;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** Undefined for a file or folder that is not there. */
function absent<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (cause) {
    if (isSystemError(cause) && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'EISDIR')) return undefined;
    throw cause;
  }
}
