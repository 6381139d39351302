import { openDataset, type Dataset } from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import { pathOf, type DataFile } from './data-file';

/** Opens the RNA counts of a file: of one with several feature types, gene expression alone. Half of the memory ceiling is for reading. */
export function openRna(file: DataFile, context: Pick<ReadingContext, 'memory' | 'tempFolder'>, layer?: string): Promise<Dataset> {
  const { memory, tempFolder } = context;
  return openDataset(pathOf(file), {
    modality: 'rna',
    memory: memory / 2,
    ...(typeof file === 'string' ? {} : { name: file.name }),
    ...(tempFolder === undefined ? {} : { tempFolder }),
    ...(layer === undefined ? {} : { layer }),
  });
}
