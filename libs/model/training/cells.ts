import type { CountSource } from '@cfgen/tensors';

/** What an attribute is for: biology may be used to shape the latent space, a batch never is. */
export type AttributeRole = 'label' | 'batch';

/** A categorical column of obs. */
export interface Attribute {
  readonly name: string;
  readonly role: AttributeRole;
  /** Sorted unique strings: the code of a category is its place here. */
  readonly categories: readonly string[];
  /** Category of each cell [N]; every cell has one. */
  readonly codes: Int32Array;
}

/** A continuous column of obs, such as a pseudotime. */
export interface Covariate {
  readonly name: string;
  /** Value of each cell [N], finite. */
  readonly values: Float64Array;
}

/** The peaks of the same cells, in the same order. */
export interface PeakCells {
  /** Counts [N, P] of the model's peaks; whether they are open is whether they are above 0. */
  readonly counts: CountSource;
  /** Total of each cell over the model's peaks [N], positive. */
  readonly sizeFactors: Float64Array;
}

/** The cells a model is trained on; test cells were held out before. */
export interface TrainingCells {
  /** Counts [N, G] of the model's features. */
  readonly counts: CountSource;
  /** Size factor l of each cell [N]: its total over the model's features, positive. */
  readonly sizeFactors: Float64Array;
  readonly attributes: readonly Attribute[];
  readonly covariates: readonly Covariate[];
  /** The second modality, when there is one. */
  readonly atac?: PeakCells;
}

/** The first attribute that is biology: it shapes moments, validation split and label head. */
export function biologicalLabel(attributes: readonly Attribute[]): Attribute | undefined {
  return attributes.find((attribute) => attribute.role === 'label');
}

/** Runs `visit` over the given cells in blocks, in order. */
export function forEachBlock(
  counts: CountSource,
  cells: Uint32Array,
  blockRows: number,
  visit: (block: ReturnType<CountSource['gather']>, cells: Uint32Array) => void,
): void {
  for (let start = 0; start < cells.length; start += blockRows) {
    const block = cells.subarray(start, Math.min(cells.length, start + blockRows));
    visit(counts.gather(block), block);
  }
}
