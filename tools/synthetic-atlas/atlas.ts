import { createH5adWriter, createZarrWriter, type AnnDataWriter } from '@cfgen/single-cell';
import { madeBlocks } from './made-blocks';
import { shardStore } from './shard-store';

export interface AtlasOptions {
  readonly cells: number;
  readonly features: number;
  /** Share of non-zeros, above 0 and below 1. */
  readonly density: number;
  readonly labels: number;
  readonly batches: number;
  readonly seed: number;
  /** An `.h5ad` file, or a `.zarr` folder with shards. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Of the file; gzip by default. */
  readonly compression?: 'gzip' | 'none';
  /** Chunks of a shard of a Zarr store. */
  readonly shardChunks?: number;
  /** Cells that are made and written at a time; changes no byte. */
  readonly block?: number;
  /** Threads that make cells beside the one that writes; none by default. */
  readonly threads?: number;
  readonly onProgress?: (cells: number, nonZeros: number) => void;
}

/** 32 chunks of 4 MiB. */
const usualShardChunks = 32;

/**
 * Writes an AnnData file of made-up cells (see `CellMaker`), block by block.
 * @returns the number of non-zeros.
 */
export async function writeAtlas(options: AtlasOptions): Promise<number> {
  const { cells, labels, batches, seed, block = 512, threads = 0 } = options;
  const labelCodes = new Int16Array(cells);
  const batchCodes = new Int16Array(cells);
  let nonZeros = 0;

  const sharded = options.out.toLowerCase().endsWith('.zarr');
  const writer = openWriter(options, sharded);
  try {
    let first = 0;
    for await (const made of madeBlocks({ ...options, block, threads })) {
      labelCodes.set(made.labels, first);
      batchCodes.set(made.batches, first);
      first += made.rows.rows;
      nonZeros += made.rows.indptr[made.rows.rows] ?? 0;
      await writer.append(made.rows);
      options.onProgress?.(first, nonZeros);
    }
    await writer.finish({
      obs: {
        names: numbered('cell', cells),
        columns: {
          cell_type: { kind: 'categorical', codes: labelCodes, categories: numbered('type', labels) },
          batch: { kind: 'categorical', codes: batchCodes, categories: numbered('batch', batches) },
        },
      },
      uns: { synthetic_atlas: { seed, density: options.density, note: 'Made-up counts for tests of size and speed.' } },
    });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  if (sharded) shardStore(options.out, options.shardChunks ?? usualShardChunks);
  return nonZeros;
}

function openWriter({ out, features, overwrite, compression = 'gzip' }: AtlasOptions, sharded: boolean): AnnDataWriter {
  const options = { features: { names: numbered('gene', features), columns: {} }, overwrite, compression };
  return sharded ? createZarrWriter(out, { ...options, format: 3 }) : createH5adWriter(out, options);
}

/** Names with as many digits as the last needs, from 1. */
function numbered(prefix: string, count: number): string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, at) => `${prefix}_${String(at + 1).padStart(digits, '0')}`);
}
