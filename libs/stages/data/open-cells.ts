import { CfgenError } from '@cfgen/contracts';
import { multimodalKind, openMultimodal, type Dataset } from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import { nameOf, pathOf, type DataFile } from './data-file';
import { openRna } from './open-rna';

/** Where the cells are, and which of their modalities are wanted. */
export interface CellsChoice {
  readonly data: DataFile;
  /** The ATAC counts of the same cells, where they are in a file of their own. */
  readonly atac?: DataFile;
  /** Layer that holds the (RNA) counts. */
  readonly layer?: string;
  /** RNA alone, or both; left out: both where there are both. */
  readonly modality?: 'rna' | 'rna+atac';
}

/** The cells of a file: row i of both data sets is the same cell. */
export interface OpenedCells {
  readonly rna: Dataset;
  readonly atac: Dataset | undefined;
  close(): void;
}

/** Opens RNA, and ATAC with it where that is wanted and there. Half of the memory ceiling is for reading. */
export async function openCells(choice: CellsChoice, context: Pick<ReadingContext, 'memory' | 'tempFolder'>): Promise<OpenedCells> {
  const { data, atac, layer, modality } = choice;
  if (modality === 'rna' && atac !== undefined) {
    throw new CfgenError('REQUEST_INVALID', `RNA alone is asked for, and ${nameOf(atac)} for ATAC`, {
      hint: 'Leave one of the two out: --modality or --atac.',
    });
  }
  const named = typeof data === 'string' ? {} : { name: data.name };
  const temporary = context.tempFolder === undefined ? {} : { tempFolder: context.tempFolder };
  const both =
    modality === 'rna+atac' ||
    atac !== undefined ||
    (modality === undefined && (await multimodalKind(pathOf(data), { ...named, ...temporary })) === 'multimodal');
  if (!both) {
    const rna = await openRna(data, context, layer);
    return { rna, atac: undefined, close: () => rna.close() };
  }
  return openMultimodal(pathOf(data), {
    ...{ memory: context.memory / 2, ...named, ...temporary },
    ...(layer === undefined ? {} : { layer }),
    ...(atac === undefined ? {} : { atac: pathOf(atac), atacName: nameOf(atac) }),
  });
}
