import { checkTable } from '../../writing/anndata-elements';
import { anndataWriter, type AnnDataWriter } from '../../writing/anndata-writer';
import { compressionOf, type H5adWriterOptions } from '../../writing/h5ad-writer';
import { folderSink, zipSink } from './store-sink';
import type { ZarrFormat } from './zarr-metadata';
import { ZarrStore } from './zarr-store';

export interface ZarrWriterOptions extends H5adWriterOptions {
  /** Generation of Zarr: 2 (the default, which every tool reads) or 3. */
  readonly format?: ZarrFormat;
  /** `folder` (the default), or `zip`: one archive with the store at its root. */
  readonly container?: 'folder' | 'zip';
}

/**
 * Begins an AnnData store in Zarr that takes cells block by block in bounded memory: 8 bytes a cell for the row pointers and some chunks of 4 MiB.
 * Metadata are consolidated. What holds for {@link createH5adWriter} holds here: nothing partial under the final name, and bytes that depend on
 * content and options alone.
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, features).
 */
export function createZarrWriter(path: string, options: ZarrWriterOptions): AnnDataWriter {
  const { format = 2, container = 'folder', overwrite = false } = options;
  const compression = compressionOf(options);
  checkTable('var', options.features);
  return anndataWriter(path, options, () => {
    const sink = container === 'zip' ? zipSink(path, overwrite) : folderSink(path, overwrite);
    return new ZarrStore(sink, format, compression);
  });
}
