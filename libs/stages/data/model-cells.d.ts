import type { ModelDescription } from '@cfgen/model';
import { type Dataset, type OpenCountSource } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import { type CellPart } from './cells-of';
/** Cells of a data file seen through a model's features. */
export interface ModelCells {
  readonly dataset: Dataset;
  /** Counts [N, G] with the model's features as columns. */
  readonly counts: OpenCountSource;
  /** Row of the data set of each cell. */
  readonly rows: Uint32Array;
  /** Total of each cell over the model's features. */
  readonly sizeFactors: Float64Array;
  close(): void;
}
/** Matches a file's genes to the model's and opens the cells of a part. Takes over the data set: it is closed with the cells, or on error. */
export declare function openModelCells(
  dataset: Dataset,
  description: Pick<ModelDescription, 'features'>,
  part: CellPart | undefined,
  context: Pick<StepContext, 'memory' | 'onProblem'>,
): ModelCells;
/** Category codes of the cells for one of the model's attributes; refuses values the model does not know and cells without one. */
export declare function modelCodes(cells: ModelCells, attribute: ModelDescription['attributes'][number]): Int32Array;
