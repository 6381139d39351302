import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { openAnnData } from '../anndata/open-anndata';
import type { Dataset } from '../dataset/dataset';
import { Hdf5File } from '../hdf5/hdf5-file';

export interface OpenOptions {
  /** Layer that holds the counts; otherwise `layers/counts`, `raw/X`, `X` are looked at in this order. */
  readonly layer?: string;
  /** Bytes that reading may hold in memory; default 1 GiB. */
  readonly memory?: number;
  /** Folder for temporary files; default the system's. */
  readonly tempFolder?: string;
}

export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const room = { memory: options.memory ?? 2 ** 30, tempFolder: options.tempFolder ?? tmpdir() };
  const file = await Hdf5File.open(path);
  try {
    return openAnnData(file, { path, name: basename(path), bytes: statSync(path).size, close: () => undefined }, options.layer, room);
  } catch (cause) {
    file.close();
    throw cause;
  }
}
