import { CfgenError, type Problem } from '@cfgen/contracts';
import type { CellSet } from '@cfgen/evaluation';
import { multimodalKind } from '@cfgen/single-cell';
import type { StepContext } from '../context';
import type { CellPart } from '../data/cells-of';
import { nameOf, pathOf, type DataFile } from '../data/data-file';
import { openModelCells, type ModelCells } from '../data/model-cells';
import { openCells } from '../data/open-cells';
import { requestedSizesOf } from './requested-sizes';

type SetsContext = Pick<StepContext, 'memory' | 'tempFolder' | 'onProblem'>;

/** What all files are compared by: names in the order of the first generated file. */
export interface ComparedFeatures {
  readonly genes: readonly string[];
  /** Absent where only gene expression is compared. */
  readonly peaks?: readonly string[];
}

/** Cells of one file. Cell i of both sets is the same cell. */
export interface OpenedSets {
  readonly rna: CellSet;
  readonly atac?: CellSet;
}

/** Which cells of a file, and how they are called. */
export interface SetChoice {
  readonly file: DataFile;
  readonly label?: string;
  /** Column that says who each cell is from. */
  readonly donor?: string;
  readonly layer?: string;
  readonly part?: CellPart;
}

/**
 * Genes, and peaks with them when the real and all generated files hold RNA and ATAC of the same cells. Where only some do, the reader is told
 * that ATAC is not compared.
 */
export async function comparedFeatures(real: DataFile, generated: readonly DataFile[], context: SetsContext): Promise<ComparedFeatures> {
  const [first] = generated;
  if (first === undefined)
    throw new CfgenError('REQUEST_INVALID', 'no generated file is given', { hint: 'Name at least one file of cells.' });
  const files = [real, ...generated];
  const without: DataFile[] = [];
  for (const file of files) if (!(await holdsBoth(file, context))) without.push(file);
  const both = without.length === 0;
  if (!both && without.length < files.length) context.onProblem?.(onlyInSome(without, 'Only RNA is compared'));
  const { rna, atac, close } = await openCells({ data: first, modality: both ? 'rna+atac' : 'rna' }, context);
  try {
    return { genes: [...rna.varNames], ...(atac === undefined ? {} : { peaks: [...atac.varNames] }) };
  } finally {
    close();
  }
}

/**
 * Opens cells of a file by the compared features; what was opened is added to `opened`, for the caller to close. A file without ATAC (of training
 * cells, whose features need not be those of the others) gives RNA alone, and the reader is told.
 */
export async function openSets(
  { file, label, donor, layer, part }: SetChoice,
  { genes, peaks }: ComparedFeatures,
  context: SetsContext,
  opened: { close(): void }[],
): Promise<OpenedSets> {
  const both = peaks !== undefined && (await holdsBoth(file, context));
  if (peaks !== undefined && !both) context.onProblem?.(onlyInSome([file], 'ATAC has no floor of training cells and no baseline'));
  const choice = { data: file, ...(layer === undefined ? {} : { layer }), modality: both ? 'rna+atac' : 'rna' } as const;
  const datasets = await openCells(choice, context);
  opened.push(datasets);
  const within = { ...context, memory: context.memory / (both ? 2 : 1) };
  const rna = openModelCells(datasets.rna, { features: { names: [...genes], columns: {} } }, part, within);
  opened.push(rna);
  const name = part === undefined ? datasets.rna.name : `${datasets.rna.name} (${part.part})`;
  const set = cellSet(rna, label, donor, name);
  if (!both || datasets.atac === undefined) return { rna: set };
  const atac = openModelCells(datasets.atac, { features: { names: [...peaks], columns: {} } }, part, within);
  opened.push(atac);
  return { rna: set, atac: { ...set, counts: atac.counts } };
}

function cellSet({ counts, dataset, rows }: ModelCells, label: string | undefined, donor: string | undefined, name: string): CellSet {
  const column = (of: string): NonNullable<CellSet['labels']> => {
    const { categories, codes } = dataset.label(of, { missing: 'keep' });
    return { categories, codes: Int32Array.from(rows, (row) => codes[row] ?? -1) };
  };
  const requestedSizes = requestedSizesOf(dataset, rows);
  return {
    name,
    counts,
    ...(label === undefined ? {} : { labels: column(label) }),
    ...(donor === undefined ? {} : { donors: column(donor) }),
    ...(requestedSizes === undefined ? {} : { requestedSizes }),
  };
}

async function holdsBoth(file: DataFile, { tempFolder }: SetsContext): Promise<boolean> {
  const options = { ...(typeof file === 'string' ? {} : { name: file.name }), ...(tempFolder === undefined ? {} : { tempFolder }) };
  return (await multimodalKind(pathOf(file), options)) === 'multimodal';
}

function onlyInSome(without: readonly DataFile[], so: string): Problem {
  const names = without.map(nameOf);
  return {
    severity: 'warning',
    code: 'chromatin-not-compared',
    message: `${so}: ${names.join(', ')} ${names.length === 1 ? 'holds' : 'hold'} no ATAC counts of the same cells.`,
    details: { without: names },
  };
}
