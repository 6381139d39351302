import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';

/** Names of the HDF5 filters met in practice, by registered number (https://github.com/HDFGroup/hdf5_plugins). */
const filterNames: Readonly<Record<number, string>> = {
  1: 'gzip',
  2: 'shuffle',
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scale-offset',
  307: 'bzip2',
  32000: 'LZF',
  32001: 'Blosc',
  32004: 'LZ4',
  32008: 'Bitshuffle',
  32013: 'ZFP',
  32015: 'Zstandard',
  32026: 'Blosc2',
};

/** Filters that are part of the HDF5 library itself. */
const builtIn = new Set([1, 2, 3, 4, 5, 6]);

/** Plug-in file of each filter in the optional package `h5wasm-plugins`. */
const pluginFiles: Readonly<Record<number, string>> = {
  307: 'libH5Zbz2.so',
  32000: 'libH5Zlzf.so',
  32001: 'libH5Zblosc.so',
  32004: 'libH5Zlz4.so',
  32008: 'libH5Zbshuf.so',
  32013: 'libH5Zzfp.so',
  32015: 'libH5Zzstd.so',
  32026: 'libH5Zblosc2.so',
};

export function filterName(id: number): string {
  return filterNames[id] ?? `number ${id}`;
}

/** Folders with filter plug-ins: that of the package `h5wasm-plugins`, where it is installed. Each ends with a separator. */
export function filterFolders(): string[] {
  const around = createRequire(import.meta.url).resolve.paths('h5wasm-plugins') ?? [];
  const folder = around.map((modules) => join(modules, 'h5wasm-plugins', 'plugins') + sep).find((candidate) => existsSync(candidate));
  return folder === undefined ? [] : [folder];
}

/** Whether data behind this filter can be read here. */
export function filterAvailable(id: number): boolean {
  if (builtIn.has(id)) return true;
  const file = pluginFiles[id];
  return file !== undefined && filterFolders().some((folder) => existsSync(join(folder, file)));
}
