import { basename } from 'node:path';
import { detectContainer } from '../opening/detect-format';
import { withHdf5, workingRoom, type OpenOptions } from '../opening/open-source';
import { ZarrFile } from '../zarr/reading/zarr-file';
import { zarrFiles } from '../zarr/reading/zarr-files';
import type { ArrayFile } from './array-file';

/** Parts of a file of which values may be asked for; of all others only what is known before reading. */
const parts = ['obs', 'var', 'raw/var', 'uns'];

/**
 * Opens an HDF5 file or a Zarr store for everything but the values of its matrices, and closes it when `use` is done.
 *
 * @throws CfgenError INPUT_NOT_FOUND, INPUT_FORMAT, INPUT_DAMAGED, ...
 */
export async function withArrayFile<Result>(
  path: string,
  options: Pick<OpenOptions, 'name' | 'memory' | 'tempFolder' | 'unpackLimit'>,
  use: (file: ArrayFile) => Result,
): Promise<Result> {
  const name = options.name ?? basename(path);
  const container = detectContainer(path, name);
  if (container !== 'zarr' && container !== 'zip') {
    return withHdf5(path, options, (file, source) => {
      const result = use(file);
      source.close();
      return result;
    });
  }
  const file = new ZarrFile(zarrFiles(path, container, name), name, workingRoom(options));
  try {
    for (const part of parts) await file.load(part);
    return use(file);
  } finally {
    file.close();
  }
}
