import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { checkOutputPath, partialPath, publishPartialFile, removePartialFile } from '@cfgen/tensors';
import { rootMarkers } from '../reading/zarr-files';
import { ZipWriter } from '../zip/zip-writer';

/** Where the files of a store go. Errors of the operating system come out as they are. */
export interface StoreSink {
  /** Writes a file; each key once. */
  write(key: string, bytes: Uint8Array): void;
  /** Gives the store its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): void;
}

/**
 * A store as a folder: written under a hidden name beside the final one, and renamed at the end.
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE (also for a folder in its place that is no Zarr store: that is never replaced)
 */
export function folderSink(path: string, overwrite: boolean): StoreSink {
  checkFolder(path, overwrite);
  const partial = partialPath(path);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  const files: string[] = [];
  const made = new Set(['.']);
  const make = (folder: string): void => {
    if (made.has(folder)) return;
    make(dirname(folder));
    mkdirSync(join(partial, folder));
    made.add(folder);
  };
  return {
    write: (key, bytes) => {
      make(dirname(key));
      writeFileSync(join(partial, key), bytes, { flag: 'wx' });
      files.push(join(partial, key));
    },
    finish: async () => {
      await syncToDisk(files);
      replaceFolder(path, partial);
    },
    discard: () => rmSync(partial, { recursive: true, force: true }),
  };
}

/** A store as one ZIP archive, its entries as they are (chunks are compressed already). @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE */
export function zipSink(path: string, overwrite: boolean): StoreSink {
  checkOutputPath(path, overwrite);
  const archive = new ZipWriter(partialPath(path));
  return {
    write: (key, bytes) => archive.add(key, bytes),
    finish: () => {
      archive.finish();
      publishPartialFile(path);
      return Promise.resolve();
    },
    discard: () => {
      archive.discard();
      removePartialFile(path);
    },
  };
}

function checkFolder(path: string, overwrite: boolean): void {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    checkOutputPath(path, overwrite);
    return;
  }
  if (!readdirSync(path).some((name) => rootMarkers.includes(name))) {
    throw new CfgenError('OUTPUT_UNWRITABLE', `${path} cannot be written: it is a folder, and no Zarr store.`, {
      hint: 'Give the name of a store.',
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

/** A folder cannot be renamed over another: the old one steps aside first, and comes back if the new one cannot take its place. */
function replaceFolder(path: string, partial: string): void {
  if (!existsSync(path)) {
    renameSync(partial, path);
    return;
  }
  const full = resolve(path);
  const aside = join(dirname(full), `.${basename(full)}.${process.pid}.replaced`);
  rmSync(aside, { recursive: true, force: true });
  renameSync(full, aside);
  try {
    renameSync(partial, full);
  } catch (cause) {
    renameSync(aside, full);
    throw cause;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Files handed to the disk at once: the system waits for many together hardly longer than for one. */
const syncedAtOnce = 64;

/** Bytes to disk before the rename, so that a power cut leaves the old store or the whole new one. */
async function syncToDisk(files: readonly string[]): Promise<void> {
  for (let start = 0; start < files.length; start += syncedAtOnce) {
    await Promise.all(
      files.slice(start, start + syncedAtOnce).map(async (path) => {
        const file = await open(path, 'r+');
        try {
          await file.sync();
        } finally {
          await file.close();
        }
      }),
    );
  }
}
