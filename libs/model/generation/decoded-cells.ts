import type { RealArray } from '@cfgen/compute';
import type { SparseRows } from '@cfgen/tensors';

/** Counts or means of one modality of consecutive cells. */
export interface DecodedCounts {
  /** Drawn counts, when counts were asked for. */
  readonly counts: SparseRows | undefined;
  /** Means [cells, features], row-major, when means were asked for: l softmax(decoder(z)), or the probabilities of open peaks. */
  readonly means: RealArray | undefined;
}

/** Counts or means of consecutive cells: of RNA, and of ATAC when the model has it. */
export interface DecodedCells extends DecodedCounts {
  readonly atac?: DecodedCounts;
}
