import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import type { OpenedFrom } from '../anndata/open-anndata';
import { Hdf5File } from '../hdf5/hdf5-file';
import { isSystemError } from '../temporary/temporary-file';
import type { WorkingRoom } from '../temporary/working-room';
import { openTenxFolder } from '../tenx/open-tenx-folder';
import { openZarr } from '../zarr/open-zarr';
import { zarrFiles } from '../zarr/reading/zarr-files';
import { detectContainer } from './detect-format';
import { openHdf5, type Opened } from './open-hdf5';
import { unpackGzip } from './unpack-gzip';

export interface OpenOptions {
  /** Layer that holds the counts; otherwise `layers/counts`, `raw/X`, `X` are looked at in this order. */
  readonly layer?: string;
  /** Read one modality (`rna`, `atac`) of a file with several. Default: all features of a file with one matrix, `rna` of a MuData file. */
  readonly modality?: string;
  /** Bytes that reading may hold in memory; default 1 GiB. */
  readonly memory?: number;
  /** Name of the file for messages and provenance, where the path says nothing to anybody; default the last part of the path. */
  readonly name?: string;
  /** Folder for temporary files; default the system's. */
  readonly tempFolder?: string;
  /** Most bytes a gzip-wrapped file may unpack to; default 64 GiB. */
  readonly unpackLimit?: number;
}

/** Memory and temporary files for `shares` data sets that are read at the same time: each gets its share. */
export function workingRoom(options: Pick<OpenOptions, 'memory' | 'tempFolder'>, shares = 1): WorkingRoom {
  return { memory: (options.memory ?? 2 ** 30) / shares, tempFolder: options.tempFolder ?? tmpdir() };
}

/** Opens what lies at a path, whatever its format. */
export async function openSource(path: string, options: OpenOptions, room: WorkingRoom): Promise<Opened> {
  const source = { path: options.name ?? path, name: options.name ?? basename(path) };
  const container = detectContainer(path, source.name);
  if (container === '10x-folder') return { kind: 'matrix', parts: await openTenxFolder(path, room) };
  if (container === 'zarr' || container === 'zip') {
    return { kind: 'matrix', parts: await openZarr(zarrFiles(path, container, source.name), source, options.layer, room) };
  }
  return withHdf5(path, options, (file, source) => openHdf5(file, source, options.layer, room));
}

/**
 * Opens an HDF5 file, also one inside gzip, and hands it on. It is closed here only when `use` throws.
 */
export async function withHdf5<Result>(
  path: string,
  options: Pick<OpenOptions, 'name' | 'tempFolder' | 'unpackLimit'>,
  use: (file: Hdf5File, source: OpenedFrom) => Result,
): Promise<Result> {
  const name = options.name ?? basename(path);
  const wrapped = detectContainer(path, name) === 'gzip';
  const unpacked = wrapped ? await unpackGzip(path, workingRoom(options).tempFolder, options.unpackLimit ?? 2 ** 36, name) : undefined;
  const remove = (): void => unpacked?.remove();
  let file: Hdf5File | undefined;
  try {
    file = await Hdf5File.open(unpacked?.path ?? path, name);
    const opened = file;
    removeEarly(remove);
    const close = (): void => {
      opened.close();
      remove();
    };
    return use(file, { file: path, path: options.name ?? path, name, bytes: statSync(path).size, close });
  } catch (cause) {
    file?.close();
    remove();
    throw cause;
  }
}

/** Where the system allows, the unpacked file loses its name as soon as it is open, so that not even a killed process leaves it. */
function removeEarly(remove: () => void): void {
  try {
    remove();
  } catch (cause) {
    // An open file cannot be removed on Windows: closing does it.
    if (!isSystemError(cause)) throw cause;
  }
}
