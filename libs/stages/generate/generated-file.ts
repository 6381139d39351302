import type { Conditions, DecodedCells, ModelDescription } from '@cfgen/model';
import type { AnnDataWriter, H5adColumn, H5adTable, UnsValue } from '@cfgen/single-cell';
import { cellsWriter, type OutputFormat } from './output-format';

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
  /** Format of the file; by default the one that the name says. */
  readonly format?: OutputFormat;
}

/** Consecutive generated cells; latents only where they are kept. */
export interface GeneratedCells extends DecodedCells {
  readonly conditions: Conditions;
  readonly latents: ArrayLike<number> | undefined;
}

/**
 * The file of a generation, whatever its format: genes of the model, labels and size factors of the cells, counts or means. Chunks come in
 * order; their sizes do not show in the bytes.
 */
export interface GeneratedFile {
  /** Counts that are not zero, and their sum; for means 0. */
  readonly nonzeros: number;
  readonly total: number;
  append(cells: GeneratedCells): Promise<void>;
  /** Gives the file its name. */
  finish(provenance: UnsValue): Promise<void>;
  /** Removes what was written; nothing happens after `finish`. */
  abort(): Promise<void>;
}

/** Begins the file of a generation. @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, format) */
export function createGeneratedFile(path: string, description: ModelDescription, options: GeneratedFileOptions): GeneratedFile {
  return new GeneratedAnnData(path, description, options);
}

/** One matrix, so one AnnData object. */
class GeneratedAnnData implements GeneratedFile {
  nonzeros = 0;
  total = 0;
  private readonly writer: AnnDataWriter;
  private readonly codes: readonly Int32Array[];
  private readonly sizeFactors: Float64Array;
  private readonly covariates: readonly { readonly name: string; readonly values: Float64Array }[];
  private readonly latents: Float32Array | undefined;

  constructor(
    path: string,
    private readonly description: ModelDescription,
    private readonly options: GeneratedFileOptions,
  ) {
    const { cells, output } = options;
    this.writer = cellsWriter(path, { ...options, features: featureTable(description), layout: output === 'means' ? 'dense' : 'sparse' });
    this.codes = description.attributes.map(() => new Int32Array(cells));
    this.sizeFactors = new Float64Array(cells);
    this.covariates = description.covariates.map(({ name }) => ({ name, values: new Float64Array(cells) }));
    this.latents = options.latents ? new Float32Array(cells * description.settings.autoencoder.latent) : undefined;
  }

  async append({ conditions, counts, means, latents }: GeneratedCells): Promise<void> {
    const { start, cells, codes, sizeFactors, covariates } = conditions;
    if (counts !== undefined) {
      await this.writer.append(counts);
      const entries = counts.indptr[cells] ?? 0;
      this.nonzeros += entries;
      for (let k = 0; k < entries; k++) this.total += counts.values[k] ?? 0;
    }
    if (means !== undefined) await this.writer.appendDense(Float32Array.from(means));
    this.codes.forEach((column, k) => column.set(codes[k] ?? [], start));
    this.sizeFactors.set(sizeFactors, start);
    this.covariates.forEach(({ values }, j) => values.set(covariates[j] ?? [], start));
    if (latents !== undefined) this.latents?.set(latents, start * this.description.settings.autoencoder.latent);
  }

  async finish(provenance: UnsValue): Promise<void> {
    await this.writer.finish({
      obs: this.obs(),
      uns: { cfgen: provenance },
      ...(this.latents === undefined ? {} : { obsm: { X_cfgen: this.latents } }),
    });
  }

  abort(): Promise<void> {
    return this.writer.abort();
  }

  private obs(): H5adTable {
    const { cells } = this.options;
    const attributes = this.description.attributes.map(
      ({ name, categories }, k) => [name, { kind: 'categorical', codes: this.codes[k] ?? [], categories } satisfies H5adColumn] as const,
    );
    const covariates = this.covariates.map(({ name, values }) => [name, { kind: 'numeric', values } satisfies H5adColumn] as const);
    return {
      names: Array.from({ length: cells }, (_, i) => `synthetic_${i}`),
      columns: {
        ...Object.fromEntries<H5adColumn>([...attributes, ...covariates]),
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
