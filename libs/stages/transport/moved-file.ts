import { CfgenError } from '@cfgen/contracts';
import { latentSize, type DecodedCells, type ModelDescription } from '@cfgen/model';
import type { AnnDataWriter, H5adColumn, UnsValue } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { obsColumnsOf } from '../data/obs-columns';
import { featureTable } from '../generate/generated-tables';
import { cellsWriter } from '../generate/output-format';
import type { CellsToMove } from './cells-to-move';
import { roundTripCertificate, type RoundTripCertificate } from './round-trip';

/** How cells that went through the flow are written. */
export interface MovedFileOptions {
  /** Name of the dense layer that takes the means; none: no means are written. */
  readonly layer: string | undefined;
  /** Bytes that the layer may take in memory. */
  readonly memory: number;
  /** Bound on the round trip, if one was asked for. */
  readonly bound: number | undefined;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  /** Threads to compress with; never changes a byte. */
  readonly threads?: number;
  readonly overwrite: boolean;
}

/** Consecutive cells that went through the flow. */
export interface MovedCells {
  /** Index of the first. */
  readonly start: number;
  /** X. */
  readonly counts: SparseRows;
  readonly means: DecodedCells['means'];
  /** Latents before and after [cells, D], row-major. */
  readonly encoded: ArrayLike<number>;
  readonly latents: ArrayLike<number>;
  readonly roundTripErrors: ArrayLike<number>;
}

/**
 * The AnnData file of cells that went through the flow: genes of the model, obs of the data with `round_trip_error`, latents before and
 * after in `obsm`. Chunks come in order; their sizes do not show in the bytes.
 */
export class MovedFile {
  /** Counts that are not zero, and their sum. */
  nonzeros = 0;
  total = 0;
  private readonly writer: AnnDataWriter;
  private readonly latent: number;
  private readonly encoded: Float32Array;
  private readonly latents: Float32Array;
  private readonly errors: Float64Array;
  private readonly layer: Float32Array | undefined;

  /** @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level), MEMORY_EXCEEDED (layer) */
  constructor(
    path: string,
    private readonly description: ModelDescription,
    private readonly cells: CellsToMove,
    private readonly options: MovedFileOptions,
  ) {
    const n = cells.rows.length;
    const genes = description.features.names.length;
    if (options.layer !== undefined && 4 * n * genes > options.memory) {
      const [needed, ceiling] = [4 * n * genes, options.memory].map((bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`);
      throw new CfgenError(
        'MEMORY_EXCEEDED',
        `layers['${options.layer}'] of ${n} cells x ${genes} genes takes ${needed ?? ''}, more than ${ceiling ?? ''}`,
        {
          hint: 'Raise --memory to twice that, leave the layer out, or take the cells part by part (--split).',
          details: { cells: n, genes },
        },
      );
    }
    this.latent = latentSize(description.settings);
    this.encoded = new Float32Array(n * this.latent);
    this.latents = new Float32Array(n * this.latent);
    this.errors = new Float64Array(n);
    this.layer = options.layer === undefined ? undefined : new Float32Array(n * genes);
    const { compression, level, threads, overwrite } = options;
    this.writer = cellsWriter(path, {
      ...{ features: featureTable(description.features), layout: 'sparse', compression, overwrite },
      ...(level === undefined ? {} : { level }),
      ...(threads === undefined ? {} : { threads }),
    });
  }

  async append({ start, counts, means, encoded, latents, roundTripErrors }: MovedCells): Promise<void> {
    await this.writer.append(counts);
    const entries = counts.indptr[counts.rows] ?? 0;
    this.nonzeros += entries;
    for (let k = 0; k < entries; k++) this.total += counts.values[k] ?? 0;
    this.encoded.set(encoded, start * this.latent);
    this.latents.set(latents, start * this.latent);
    this.errors.set(roundTripErrors, start);
    if (means !== undefined) this.layer?.set(means, start * this.description.features.names.length);
  }

  /** Gives the file its name. */
  async finish(provenance: Readonly<Record<string, UnsValue>>): Promise<RoundTripCertificate> {
    const { cells, options, errors, encoded, latents, layer } = this;
    const certificate = roundTripCertificate(errors, encoded, this.description.latentScale, options.bound);
    const { quantiles, bound, boundFrom, cellsBeyond, shareBeyond } = certificate;
    const told = { ...quantiles, bound, bound_from: boundFrom, cells_beyond: cellsBeyond, share_beyond: shareBeyond };
    await this.writer.finish({
      obs: {
        names: Array.from(cells.rows, (row) => cells.dataset.obsNames[row] ?? ''),
        columns: {
          ...obsColumnsOf(cells.dataset, cells.rows),
          round_trip_error: { kind: 'numeric', values: errors } satisfies H5adColumn,
        },
      },
      obsm: { X_cfgen: latents, X_cfgen_uncorrected: encoded },
      uns: { cfgen: { ...provenance, round_trip: told } },
      ...(layer === undefined || options.layer === undefined ? {} : { layers: { [options.layer]: layer } }),
    });
    return certificate;
  }

  /** Removes what was written; nothing happens after `finish`. */
  abort(): Promise<void> {
    return this.writer.abort();
  }
}
