import { CfgenError } from '@cfgen/contracts';
import { checkOutputPath } from '@cfgen/tensors';
import { checkTable } from './anndata-elements';
import type { AnnDataTreeOptions } from './anndata-tree';
import { anndataWriter, type AnnDataWriter } from './anndata-writer';
import type { Compression } from './chunks-in-order';
import { Hdf5Store } from './hdf5/hdf5-store';

export interface H5adWriterOptions extends AnnDataTreeOptions {
  /** `gzip` (with byte shuffle) by default. */
  readonly compression?: 'gzip' | 'none';
  /** 1 (fast, the default) to 9 (small). */
  readonly level?: number;
  /** Threads to compress with, 1: the calling one; never changes a byte. All that Node has for it by default. */
  readonly threads?: number;
  /** Whether an existing file may be replaced; false by default. */
  readonly overwrite?: boolean;
}

/**
 * Begins an AnnData file (`.h5ad`, root encoding `anndata` 0.1.0) that takes cells block by block in bounded memory: 8 bytes
 * a cell for the row pointers and some chunks of 512 KiB. The bytes depend on the content and the options alone, not on the
 * sizes of the blocks, the time or the path (with gzip also on the version of Node).
 *
 * The file is written under a hidden name beside the final one and renamed at the end: a failure leaves no file.
 *
 * @example
 * const writer = createH5adWriter('cells.h5ad', { features: { names: genes, columns: {} } });
 * for (const block of blocks) await writer.append(block);
 * await writer.finish({ obs: { names: cells, columns: { is_synthetic: { kind: 'boolean', values: synthetic } } } });
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, features).
 */
export function createH5adWriter(path: string, options: H5adWriterOptions): AnnDataWriter {
  const compression = compressionOf(options);
  checkTable('var', options.features);
  checkOutputPath(path, options.overwrite ?? false);
  return anndataWriter(path, options, () => new Hdf5Store(path, compression));
}

/** Undefined for none. @throws CfgenError REQUEST_INVALID for a level that is none */
export function compressionOf({
  compression = 'gzip',
  level = 1,
  threads,
}: Pick<H5adWriterOptions, 'compression' | 'level' | 'threads'>): Compression | undefined {
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw new CfgenError('REQUEST_INVALID', `The gzip level is ${level}, not 1 to 9.`);
  return compression === 'gzip' ? { level, ...(threads === undefined ? {} : { threads }) } : undefined;
}
