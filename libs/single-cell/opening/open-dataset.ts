import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import type { OpenedFrom } from '../anndata/open-anndata';
import { Dataset, type DatasetParts } from '../dataset/dataset';
import { selectModality, tellModalities } from '../dataset/select-modality';
import { Hdf5File } from '../hdf5/hdf5-file';
import { isSystemError } from '../temporary/temporary-file';
import type { WorkingRoom } from '../temporary/working-room';
import { openTenxFolder } from '../tenx/open-tenx-folder';
import { detectContainer } from './detect-format';
import { openHdf5 } from './open-hdf5';
import { unpackGzip } from './unpack-gzip';

export interface OpenOptions {
  /** Layer that holds the counts; otherwise `layers/counts`, `raw/X`, `X` are looked at in this order. */
  readonly layer?: string;
  /** Keep only the features of one modality (`rna`, `atac`) of a file with several; default all features. */
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

/**
 * Opens single-cell counts: AnnData `.h5ad` (also gzip-wrapped), 10x `.h5`, a 10x folder. The format is told by content, not by name.
 * Structure, shapes and a sample of the values are checked now, everything else when it is read.
 *
 * @example
 * const dataset = await openDataset('pbmc3k.h5ad');
 * const label = dataset.label('cell_type');
 * dataset.close();
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const room: WorkingRoom = { memory: options.memory ?? 2 ** 30, tempFolder: options.tempFolder ?? tmpdir() };
  const parts = await openParts(path, options, room);
  try {
    return new Dataset(options.modality === undefined ? tellModalities(parts) : selectModality(parts, options.modality));
  } catch (cause) {
    parts.matrix.close();
    parts.close();
    throw cause;
  }
}

async function openParts(path: string, options: OpenOptions, room: WorkingRoom): Promise<DatasetParts> {
  const given = { file: path, path: options.name ?? path, name: options.name ?? basename(path) };
  const container = detectContainer(path, given.name);
  if (container === '10x-folder') return openTenxFolder(path, room);
  if (container === 'hdf5') return openFile(path, given, options.layer, room, () => undefined);
  const unpacked = await unpackGzip(path, room.tempFolder, options.unpackLimit ?? 2 ** 36, given.name);
  return openFile(unpacked.path, given, options.layer, room, unpacked.remove);
}

/** @param remove called when the file is no longer needed */
async function openFile(
  actual: string,
  given: Pick<OpenedFrom, 'file' | 'path' | 'name'>,
  layer: string | undefined,
  room: WorkingRoom,
  remove: () => void,
): Promise<DatasetParts> {
  let file: Hdf5File | undefined;
  try {
    file = await Hdf5File.open(actual, given.name);
    const opened = file;
    removeEarly(remove);
    const close = (): void => {
      opened.close();
      remove();
    };
    return openHdf5(file, { ...given, bytes: statSync(given.file).size, close }, layer, room);
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
