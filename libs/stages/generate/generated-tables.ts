import { latentSize, type Conditions, type ModelDescription } from '@cfgen/model';
import type { H5adColumn, H5adTable } from '@cfgen/single-cell';

/** What is known of generated cells besides their counts, gathered chunk by chunk: labels, size factors, covariates, latents. */
export class GeneratedTables {
  /** Latents [cells, D], row-major, where they are kept. */
  readonly latents: Float32Array | undefined;
  /** Category of each cell, by attribute. */
  readonly codes: readonly Int32Array[];
  private readonly covariates: readonly { readonly name: string; readonly values: Float64Array }[];
  private readonly sizeFactors: Float64Array;
  private readonly latent: number;

  constructor(
    private readonly description: ModelDescription,
    private readonly cells: number,
    keepLatents: boolean,
  ) {
    this.codes = description.attributes.map(() => new Int32Array(cells));
    this.covariates = description.covariates.map(({ name }) => ({ name, values: new Float64Array(cells) }));
    this.sizeFactors = new Float64Array(cells);
    this.latent = latentSize(description.settings);
    this.latents = keepLatents ? new Float32Array(cells * this.latent) : undefined;
  }

  add({ start, codes, sizeFactors, covariates }: Conditions, latents: ArrayLike<number> | undefined): void {
    this.codes.forEach((column, k) => column.set(codes[k] ?? [], start));
    this.covariates.forEach(({ values }, j) => values.set(covariates[j] ?? [], start));
    this.sizeFactors.set(sizeFactors, start);
    if (latents !== undefined) this.latents?.set(latents, start * this.latent);
  }

  obs(): H5adTable {
    const attributes = this.description.attributes.map(
      ({ name, categories }, k) => [name, { kind: 'categorical', codes: this.codes[k] ?? [], categories } satisfies H5adColumn] as const,
    );
    const covariates = this.covariates.map(({ name, values }) => [name, { kind: 'numeric', values } satisfies H5adColumn] as const);
    return {
      names: Array.from({ length: this.cells }, (_, i) => `synthetic_${i}`),
      columns: {
        ...Object.fromEntries<H5adColumn>([...attributes, ...covariates]),
        size_factor: { kind: 'numeric', values: this.sizeFactors },
        is_synthetic: { kind: 'boolean', values: new Uint8Array(this.cells).fill(1) },
      },
    };
  }
}

/** `var` of a modality: the model's features with their text columns. */
export function featureTable({ names, columns }: ModelDescription['features']): H5adTable {
  return {
    names,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, { kind: 'string', values } satisfies H5adColumn])),
  };
}
