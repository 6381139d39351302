import { CfgenError } from '@cfgen/contracts';
import {
  createH5adWriter,
  createH5muWriter,
  createZarrWriter,
  type AnnDataWriter,
  type H5adTable,
  type ModalityOptions,
  type MuDataWriter,
} from '@cfgen/single-cell';

/** Formats that generated cells are written in: AnnData in HDF5 or Zarr (a folder, or one archive), and MuData where cells have two modalities. */
export const outputFormats = ['h5ad', 'h5mu', 'zarr', 'zarr.zip'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** How a writer is to write. */
interface WriterOptions {
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  /** Threads to compress with; never changes a byte. */
  readonly threads?: number;
  readonly overwrite: boolean;
  /** By default the one that the name says. */
  readonly format?: OutputFormat;
  /** Generation of Zarr; 2 by default, which every tool reads. */
  readonly zarrFormat?: 2 | 3;
}

export interface CellsWriterOptions extends WriterOptions {
  /** `var`: the features in order. */
  readonly features: H5adTable;
  /** CSR counts, or dense numbers. */
  readonly layout: 'sparse' | 'dense';
  /** Counts in `raw`, and their logarithms in X; columns of var that are not repeated there. */
  readonly normalised?: boolean;
  readonly notInRaw?: readonly string[];
}

export interface ModalitiesWriterOptions extends WriterOptions {
  /** What {@link CellsWriterOptions} says of each modality, in their order. */
  readonly modalities: ModalityOptions;
}

/** The format that a name asks for, by its ending; `usual` where it says nothing. */
export function outputFormat(path: string, usual: OutputFormat = 'h5ad'): OutputFormat {
  return outputFormats.find((format) => path.toLowerCase().endsWith(`.${format}`)) ?? usual;
}

/** A writer of AnnData in the format asked for. @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, format) */
export function cellsWriter(path: string, { format = outputFormat(path), zarrFormat = 2, ...options }: CellsWriterOptions): AnnDataWriter {
  const create: Record<OutputFormat, () => AnnDataWriter> = {
    h5ad: () => createH5adWriter(path, options),
    zarr: () => createZarrWriter(path, { ...options, format: zarrFormat }),
    'zarr.zip': () => createZarrWriter(path, { ...options, format: zarrFormat, container: 'zip' }),
    h5mu: () => {
      throw new CfgenError('REQUEST_INVALID', `${path}: the cells have RNA only, and .h5mu is for RNA and ATAC together`, {
        hint: 'Name the file .h5ad.',
        details: { path, format },
      });
    },
  };
  return create[format]();
}

/** A writer of MuData in the format asked for. Errors as {@link cellsWriter}. */
export function modalitiesWriter(path: string, { format = outputFormat(path, 'h5mu'), ...options }: ModalitiesWriterOptions): MuDataWriter {
  const oneMatrix = (): never => {
    throw new CfgenError('REQUEST_INVALID', `${path}: the cells have RNA and ATAC, and .${format} holds one matrix only`, {
      hint: 'Name the file .h5mu.',
      details: { path, format },
    });
  };
  const create: Record<OutputFormat, () => MuDataWriter> = {
    h5mu: () => createH5muWriter(path, options),
    h5ad: oneMatrix,
    zarr: oneMatrix,
    'zarr.zip': oneMatrix,
  };
  return create[format]();
}
