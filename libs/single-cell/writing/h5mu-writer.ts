import { checkOutputPath } from '@cfgen/tensors';
import { compressionOf, type H5adWriterOptions } from './h5ad-writer';
import { Hdf5Store } from './hdf5/hdf5-store';
import { mudataWriter, type ModalityOptions, type MuDataWriter } from './mudata-writer';

export interface H5muWriterOptions extends Pick<H5adWriterOptions, 'compression' | 'level' | 'threads' | 'overwrite'> {
  /** The modalities in their order, each with its features. */
  readonly modalities: ModalityOptions;
}

/** What mudata looks for in the first bytes; without it, it warns about every file. */
const creator = 'MuData (format-version=0.1.0;creator=cfgen)';

/**
 * Begins a MuData file (`.h5mu`) that takes the same cells of all modalities block by block, in the memory that `createH5adWriter` needs for
 * each of them. The bytes depend on the content and the options alone, not on the sizes of the blocks, the time or the path (with gzip also on
 * the version of Node). A failure leaves no file.
 *
 * @example
 * const writer = createH5muWriter('cells.h5mu', { modalities: { rna: { features: genes }, atac: { features: peaks } } });
 * for (const { rna, atac } of blocks) await writer.append({ rna, atac });
 * await writer.finish({ obs: { names: cells, columns: { cell_type } }, uns: { cfgen: provenance } });
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, modalities, features).
 */
export function createH5muWriter(path: string, { modalities, ...options }: H5muWriterOptions): MuDataWriter {
  const compression = compressionOf(options);
  checkOutputPath(path, options.overwrite ?? false);
  return mudataWriter(path, modalities, () => new Hdf5Store(path, compression, creator));
}
