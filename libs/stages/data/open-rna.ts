import { openDataset, type Dataset } from '@cfgen/single-cell';
import type { StepContext } from '../context';

/** Opens the RNA counts of a file: of one with several feature types, gene expression alone. Half of the memory ceiling is for reading. */
export function openRna(path: string, context: Pick<StepContext, 'memory'>, layer?: string): Promise<Dataset> {
  return openDataset(path, { modality: 'rna', memory: context.memory / 2, ...(layer === undefined ? {} : { layer }) });
}
