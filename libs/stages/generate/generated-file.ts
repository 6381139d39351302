import type { Conditions, DecodedCells, ModelDescription } from '@cfgen/model';
import { createH5adWriter, type H5adColumn, type H5adTable, type H5adWriter, type UnsValue } from '@cfgen/single-cell';

/** How generated cells are written. */
export interface GeneratedFileOptions {
  /** Number of cells that will be appended. */
  readonly cells: number;
  /** Drawn counts (sparse X), or means (dense X). */
  readonly output: 'counts' | 'means';
  /** Keep the latents in `obsm['X_cfgen']`. */
  readonly latents: boolean;
  readonly compression: 'gzip' | 'none';
  readonly level?: number;
  readonly overwrite: boolean;
}

/** Consecutive generated cells; latents only where they are kept. */
export interface GeneratedCells extends DecodedCells {
  readonly conditions: Conditions;
  readonly latents: ArrayLike<number> | undefined;
}

/**
 * The AnnData file of a generation: genes of the model, labels and size factors of the cells, counts or means. Chunks come in order; their
 * sizes do not show in the bytes.
 */
export class GeneratedFile {
  /** Counts that are not zero, and their sum; for means 0. */
  nonzeros = 0;
  total = 0;
  private readonly writer: H5adWriter;
  private readonly codes: readonly Int32Array[];
  private readonly sizeFactors: Float64Array;
  private readonly latents: Float32Array | undefined;

  /** @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level) */
  constructor(
    path: string,
    private readonly description: ModelDescription,
    private readonly options: GeneratedFileOptions,
  ) {
    const { cells, compression, level, output, overwrite } = options;
    this.writer = createH5adWriter(path, {
      features: featureTable(description),
      compression,
      ...(level === undefined ? {} : { level }),
      layout: output === 'means' ? 'dense' : 'sparse',
      overwrite,
    });
    this.codes = description.attributes.map(() => new Int32Array(cells));
    this.sizeFactors = new Float64Array(cells);
    this.latents = options.latents ? new Float32Array(cells * description.settings.autoencoder.latent) : undefined;
  }

  async append({ conditions, counts, means, latents }: GeneratedCells): Promise<void> {
    const { start, cells, codes, sizeFactors } = conditions;
    if (counts !== undefined) {
      await this.writer.append(counts);
      const entries = counts.indptr[cells] ?? 0;
      this.nonzeros += entries;
      for (let k = 0; k < entries; k++) this.total += counts.values[k] ?? 0;
    }
    if (means !== undefined) await this.writer.appendDense(Float32Array.from(means));
    this.codes.forEach((column, k) => column.set(codes[k] ?? [], start));
    this.sizeFactors.set(sizeFactors, start);
    if (latents !== undefined) this.latents?.set(latents, start * this.description.settings.autoencoder.latent);
  }

  /** Gives the file its name. */
  async finish(provenance: UnsValue): Promise<void> {
    await this.writer.finish({
      obs: this.obs(),
      uns: { cfgen: provenance },
      ...(this.latents === undefined ? {} : { obsm: { X_cfgen: this.latents } }),
    });
  }

  /** Removes what was written; nothing happens after `finish`. */
  abort(): Promise<void> {
    return this.writer.abort();
  }

  private obs(): H5adTable {
    const { cells } = this.options;
    const attributes = this.description.attributes.map(
      ({ name, categories }, k) => [name, { kind: 'categorical', codes: this.codes[k] ?? [], categories } satisfies H5adColumn] as const,
    );
    return {
      names: Array.from({ length: cells }, (_, i) => `synthetic_${i}`),
      columns: {
        ...Object.fromEntries<H5adColumn>(attributes),
        size_factor: { kind: 'numeric', values: this.sizeFactors },
        is_synthetic: { kind: 'boolean', values: new Uint8Array(cells).fill(1) },
      },
    };
  }
}

function featureTable(description: ModelDescription): H5adTable {
  const { names, columns } = description.features;
  return {
    names,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, { kind: 'string', values } satisfies H5adColumn])),
  };
}
