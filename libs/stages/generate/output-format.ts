import { createH5adWriter, type AnnDataWriter, type H5adTable } from '@cfgen/single-cell';

/** Formats that generated cells are written in. */
export const outputFormats = ['h5ad'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** How a writer is to write. */
export interface CellsWriterOptions {
  /** `var`: the features in order. */
  readonly features: H5adTable;
  /** CSR counts, or dense numbers. */
  readonly layout: 'sparse' | 'dense';
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly overwrite: boolean;
  /** By default the one that the name says. */
  readonly format?: OutputFormat;
}

/** The format that a name asks for: by its ending, `.h5ad` where it says nothing. */
export function outputFormat(path: string): OutputFormat {
  const ending = outputFormats.find((format) => path.toLowerCase().endsWith(`.${format}`));
  return ending ?? 'h5ad';
}

/** A writer of AnnData in the format asked for. @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level) */
export function cellsWriter(path: string, { format = outputFormat(path), ...options }: CellsWriterOptions): AnnDataWriter {
  const create: Record<OutputFormat, () => AnnDataWriter> = { h5ad: () => createH5adWriter(path, options) };
  return create[format]();
}
