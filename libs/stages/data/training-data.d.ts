import type { ModelDescription, TrainingCells } from '@cfgen/model';
import type { StepContext } from '../context';
/** Which cells and genes of a file are trained on. */
export interface TrainingDataOptions {
  readonly data: string;
  /** Biological labels and batch columns to condition on. */
  readonly labels: readonly string[];
  readonly batches: readonly string[];
  readonly layer?: string;
  /** Genes seen in fewer cells of the file are left out. */
  readonly minCells: number;
  /** Train on the `train` part only. */
  readonly split?: string;
  /** Cells without a value in one of the columns: refuse the file, or leave them out. */
  readonly missingLabels: 'refuse' | 'drop';
}
export interface TrainingData {
  readonly cells: TrainingCells;
  readonly features: ModelDescription['features'];
  readonly data: ModelDescription['provenance']['data'];
  /** Choices made, in words. */
  readonly notes: readonly string[];
  /** Frees memory and temporary files. */
  close(): void;
}
/** Opens a file for training: checks counts and labels, filters genes, leaves out what cannot be trained on and says so. */
export declare function openTrainingData(options: TrainingDataOptions, context: StepContext): Promise<TrainingData>;
