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

/** The cells a model is trained on; test cells were held out before. */
export interface TrainingCells {
  /** Counts [N, G] of the model's features. */
  readonly counts: CountSource;
  /** Size factor l of each cell [N]: its total over the model's features, positive. */
  readonly sizeFactors: Float64Array;
  readonly attributes: readonly Attribute[];
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
