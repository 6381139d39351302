import { CfgenError } from '@cfgen/contracts';
import type { Conditions, DecodedCells, DecodedCounts, ModelDescription } from '@cfgen/model';
import type { AnnDataWriter, MuDataWriter, UnsValue } from '@cfgen/single-cell';
import type { SparseRows } from '@cfgen/tensors';
import { cellxgeneFeatures, cellxgeneObs, cellxgeneUns, filteredColumn, requireCellxgene } from './cellxgene-profile';
import { featureTable, GeneratedTables } from './generated-tables';
import { latentPlane } from './latent-embedding';
import { cellsWriter, modalitiesWriter, type OutputFormat } from './output-format';

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
  /** Threads to compress with; never changes a byte. */
  readonly threads?: number;
  readonly overwrite: boolean;
  /** Format of the file; by default the one that the name says. */
  readonly format?: OutputFormat;
  /** Generation of Zarr; 2 by default. */
  readonly zarrFormat?: 2 | 3;
  /** Write what the schema of CELLxGENE asks for. */
  readonly profile?: 'cellxgene';
  /** Keep the first two principal components of the latents in `obsm['X_cfgen_pca']`; always with a profile. */
  readonly plane?: boolean;
}

/** Consecutive generated cells; latents only where they are kept. */
export interface GeneratedCells extends DecodedCells {
  readonly conditions: Conditions;
  readonly latents: ArrayLike<number> | undefined;
}

/** Counts that are not zero, and their sum; for means 0. */
export interface CountSums {
  readonly nonzeros: number;
  readonly total: number;
}

/**
 * The file of a generation, whatever its format: genes of the model, labels and size factors of the cells, counts or means. Chunks come in
 * order; their sizes do not show in the bytes.
 */
export interface GeneratedFile {
  /** Of the genes, and of the peaks where there are any. */
  readonly rna: CountSums;
  readonly atac: CountSums | undefined;
  append(cells: GeneratedCells): Promise<void>;
  /** Gives the file its name. */
  finish(provenance: UnsValue): Promise<void>;
  /** Removes what was written; nothing happens after `finish`. */
  abort(): Promise<void>;
}

/**
 * Begins the file of a generation: AnnData for a model of RNA, MuData for one of RNA and ATAC.
 *
 * @throws CfgenError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, REQUEST_INVALID (level, a format that does not hold what the model generates)
 */
export function createGeneratedFile(path: string, description: ModelDescription, options: GeneratedFileOptions): GeneratedFile {
  const { atac } = description;
  return atac === undefined
    ? new GeneratedAnnData(path, description, options)
    : new GeneratedMuData(path, description, atac.features, options);
}

/** One matrix, so one AnnData object. */
class GeneratedAnnData implements GeneratedFile {
  rna: CountSums = noCounts;
  readonly atac = undefined;
  private readonly writer: AnnDataWriter;
  private readonly tables: GeneratedTables;

  constructor(
    path: string,
    private readonly description: ModelDescription,
    private readonly options: GeneratedFileOptions,
  ) {
    const { output, profile, plane, cells, latents } = options;
    const layout = output === 'means' ? 'dense' : 'sparse';
    const forCellxgene = profile === 'cellxgene';
    if (forCellxgene) requireCellxgene(description, output);
    const features = forCellxgene ? cellxgeneFeatures(description.features) : featureTable(description.features);
    this.writer = cellsWriter(path, {
      ...options,
      features,
      layout,
      ...(forCellxgene ? { normalised: true, notInRaw: [filteredColumn] } : {}),
    });
    this.tables = new GeneratedTables(description, cells, latents || forCellxgene || plane === true);
  }

  async append({ conditions, counts, means, latents }: GeneratedCells): Promise<void> {
    if (counts !== undefined) await this.writer.append(counts);
    this.rna = withCounts(this.rna, counts);
    if (means !== undefined) await this.writer.appendDense(Float32Array.from(means));
    this.tables.add(conditions, latents);
  }

  async finish(provenance: UnsValue): Promise<void> {
    const { description, tables, options } = this;
    const { latents } = tables;
    const forCellxgene = options.profile === 'cellxgene';
    const obs = tables.obs();
    await this.writer.finish({
      obs: forCellxgene ? cellxgeneObs(obs, description, tables.codes) : obs,
      uns: { cfgen: provenance, ...(forCellxgene ? cellxgeneUns(description) : {}) },
      obsm: {
        ...(latents !== undefined && options.latents ? { X_cfgen: latents } : {}),
        ...(latents !== undefined && (forCellxgene || options.plane === true) ? { X_cfgen_pca: latentPlane(latents, options.cells) } : {}),
      },
    });
  }

  abort(): Promise<void> {
    return this.writer.abort();
  }
}

/** Two matrices of the same cells, so one MuData object; labels stand beside the modalities and in each. */
class GeneratedMuData implements GeneratedFile {
  rna: CountSums = noCounts;
  atac: CountSums = noCounts;
  private readonly writer: MuDataWriter;
  private readonly tables: GeneratedTables;

  constructor(path: string, description: ModelDescription, peaks: ModelDescription['features'], options: GeneratedFileOptions) {
    const layout = options.output === 'means' ? 'dense' : 'sparse';
    if (options.profile !== undefined) requireCellxgene(description, options.output);
    this.writer = modalitiesWriter(path, {
      ...options,
      modalities: { rna: { features: featureTable(description.features), layout }, atac: { features: featureTable(peaks), layout } },
    });
    this.tables = new GeneratedTables(description, options.cells, options.latents);
  }

  async append({ conditions, latents, atac, ...rna }: GeneratedCells): Promise<void> {
    await this.writer.append({ rna: blockOf(rna), atac: blockOf(atac) });
    this.rna = withCounts(this.rna, rna.counts);
    this.atac = withCounts(this.atac, atac?.counts);
    this.tables.add(conditions, latents);
  }

  async finish(provenance: UnsValue): Promise<void> {
    const { latents } = this.tables;
    await this.writer.finish({
      obs: this.tables.obs(),
      uns: { cfgen: provenance },
      ...(latents === undefined ? {} : { obsm: { X_cfgen: latents } }),
    });
  }

  abort(): Promise<void> {
    return this.writer.abort();
  }
}

function blockOf(decoded: DecodedCounts | undefined): SparseRows | Float32Array {
  if (decoded?.counts !== undefined) return decoded.counts;
  if (decoded?.means !== undefined) return Float32Array.from(decoded.means);
  throw new CfgenError('INTERNAL', 'cells were decoded to nothing');
}

const noCounts: CountSums = { nonzeros: 0, total: 0 };

function withCounts({ nonzeros, total }: CountSums, counts: SparseRows | undefined): CountSums {
  if (counts === undefined) return { nonzeros, total };
  const entries = counts.indptr[counts.rows] ?? 0;
  let sum = 0;
  for (let k = 0; k < entries; k++) sum += counts.values[k] ?? 0;
  return { nonzeros: nonzeros + entries, total: total + sum };
}
