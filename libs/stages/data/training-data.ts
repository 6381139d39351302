import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Attribute, AttributeRole, ModelDescription, TrainingCells } from '@cfgen/model';
import { featuresSeenInAtLeast, openCountSource, requireTrainable, type Dataset, type OpenCountSource } from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import type { DataFile } from './data-file';
import { carriedColumns } from './carried-columns';
import { cellsOf, sizeFactorsOf, type CellPart } from './cells-of';
import { openCovariates } from './covariates';
import { openCells } from './open-cells';
import { textColumns } from './text-columns';
import { choosePeaks, openPeaks, peakTable, usualMinCellsPeaks, type ChosenPeaks } from './training-peaks';

/** Which cells and genes of a file are trained on. */
export interface TrainingDataOptions {
  readonly data: DataFile;
  /** The ATAC counts of the same cells, where they are in a file of their own. */
  readonly atac?: DataFile;
  /** RNA alone, or both; left out: both where there are both. */
  readonly modality?: 'rna' | 'rna+atac';
  /** Biological labels and batch columns to condition on. */
  readonly labels: readonly string[];
  readonly batches: readonly string[];
  /** Numeric columns to condition on. */
  readonly covariates?: readonly string[];
  readonly layer?: string;
  /** Genes seen in fewer cells of the file are left out. */
  readonly minCells: number;
  /** The same for peaks; 10 when left out. */
  readonly minCellsPeaks?: number;
  /** Train on the `train` part only. */
  readonly split?: DataFile;
  /** Cells without a value in one of the columns: refuse the file, or leave them out. */
  readonly missingLabels: 'refuse' | 'drop';
}

export interface TrainingData {
  readonly cells: TrainingCells;
  readonly features: ModelDescription['features'];
  /** The peaks, when the cells have them. */
  readonly atac?: ModelDescription['features'];
  /** Columns of obs that follow from a label, or are the same for all cells. */
  readonly carried?: ModelDescription['carried'];
  readonly data: ModelDescription['provenance']['data'];
  /** Choices made, in words. */
  readonly notes: readonly string[];
  /** Frees memory and temporary files. */
  close(): void;
}

/** Share of the memory ceiling that counts may take; the rest is for reading and for the engine. */
const countsShare = 0.5;

/** Opens a file for training: checks counts and labels, filters genes and peaks, leaves out what cannot be trained on and says so. */
export async function openTrainingData(options: TrainingDataOptions, context: ReadingContext): Promise<TrainingData> {
  const { rna: dataset, atac, close } = await openCells(options, context);
  const open: OpenCountSource[] = [];
  const closeAll = (): void => {
    for (const source of open) source.close();
    close();
  };
  try {
    const labels = labelColumns(options).map(({ name, role }) => ({
      role,
      ...dataset.label(name, { missing: options.missingLabels === 'drop' ? 'keep' : 'refuse' }),
    }));
    requireTrainable(dataset);
    // Each modality is read twice: once to see what is in it, once to take what is wanted.
    const passes = atac === undefined ? 2 : 4;
    const readRows = (pass: number) => (rows: number) =>
      context.onProgress?.({
        ...{ stage: 'read', done: Math.floor((pass * dataset.cells + rows) / passes) },
        ...{ total: dataset.cells, unit: 'cells' },
      });
    readRows(0)(0);
    const scan = dataset.scan({ memory: context.memory / 4, onRows: readRows(0) });
    const genes = featuresSeenInAtLeast(scan, options.minCells);
    if (genes.length === 0) throw noGenes(dataset, options.minCells);
    const chosen =
      atac === undefined
        ? undefined
        : choosePeaks(atac, dataset.name, options.minCellsPeaks ?? usualMinCellsPeaks, context.memory / 4, readRows(1));

    const part: CellPart | undefined = options.split === undefined ? undefined : { file: options.split, part: 'train' };
    const wanted = cellsOf(dataset, part, context.onProblem);
    const covariates = openCovariates(dataset, options, wanted);
    const usable = wanted.filter(
      (row) =>
        labels.every((label) => (label.codes[row] ?? -1) >= 0) &&
        covariates.known(row) &&
        (scan.cellTotals[row] ?? 0) > 0 &&
        (chosen?.cellTotals[row] ?? 1) > 0,
    );
    const memory = context.memory * (atac === undefined ? countsShare : countsShare / 2);
    const opened = openCounts(dataset, genes, chosen, usable, memory, readRows(passes / 2), open);
    context.onProgress?.({ stage: 'read', done: dataset.cells, total: dataset.cells, unit: 'cells' });

    const { filled } = opened;
    const notes = notesOf(dataset, options, genes.length, wanted.length, filled.length, chosen);
    const told = [...dataset.problems, ...(atac?.problems ?? []), ...leftOut(wanted.length - filled.length, chosen)];
    for (const problem of told) context.onProblem?.(problem);
    const attributes = labels.map((label) => attributeOf(label, label.role, filled));
    const carried = carriedColumns(dataset.obsColumns, filled, attributes);
    return {
      cells: {
        counts: opened.counts,
        sizeFactors: opened.sizeFactors,
        attributes,
        covariates: covariates.of(filled),
        ...(opened.atac === undefined ? {} : { atac: opened.atac }),
      },
      features: { names: Array.from(genes, (gene) => dataset.varNames[gene] ?? ''), columns: textColumns(dataset.varColumns, genes) },
      ...(chosen === undefined ? {} : { atac: peakTable(chosen) }),
      ...(carried.length === 0 ? {} : { carried }),
      data: {
        name: dataset.name,
        sha256: await dataset.contentHash(),
        countsAt: dataset.countsAt,
        cells: dataset.cells,
        features: dataset.features,
      },
      notes,
      close: closeAll,
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}

interface OpenedCounts extends Pick<TrainingCells, 'counts' | 'sizeFactors' | 'atac'> {
  /** Rows of the file that are used. */
  readonly filled: Uint32Array;
}

/**
 * Counts of the genes and peaks in the usable rows that are left when those without any counts in one of the modalities are out.
 *
 * @param open every source that is opened is added; the last ones are those of the result
 */
function openCounts(
  dataset: Dataset,
  genes: Uint32Array,
  chosen: ChosenPeaks | undefined,
  usable: Uint32Array,
  memory: number,
  onRows: (rows: number) => void,
  open: OpenCountSource[],
): OpenedCounts {
  const counts = openCountSource(dataset, { memory, features: genes, cells: usable, onRows });
  open.push(counts);
  const sizeFactors = sizeFactorsOf(counts);
  const atac = chosen === undefined ? undefined : openPeaks(chosen, usable, memory);
  if (atac !== undefined) open.push(atac.counts);
  const filled = usable.filter((_, i) => (sizeFactors[i] ?? 0) > 0 && (atac?.sizeFactors[i] ?? 1) > 0);
  if (filled.length === usable.length) {
    requireTrainable({ name: dataset.name, cells: filled.length });
    return { counts, sizeFactors, filled, ...(atac === undefined ? {} : { atac }) };
  }
  for (const source of open.splice(0)) source.close();
  requireTrainable({ name: dataset.name, cells: filled.length });
  return openCounts(dataset, genes, chosen, filled, memory, () => undefined, open);
}

function labelColumns(options: TrainingDataOptions): { name: string; role: AttributeRole }[] {
  const columns = [
    ...options.labels.map((name) => ({ name, role: 'label' as const })),
    ...options.batches.map((name) => ({ name, role: 'batch' as const })),
  ];
  const names = [...columns.map(({ name }) => name), ...(options.covariates ?? [])];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new CfgenError('REQUEST_INVALID', `the column ${twice} is given twice`, {
      hint: 'Give each column once, as --label, as --batch or as --covariate.',
    });
  }
  return columns;
}

/** The label over the cells that are used: only categories that occur among them, in order. */
function attributeOf(
  label: { column: string; categories: readonly string[]; codes: Int32Array },
  role: AttributeRole,
  rows: Uint32Array,
): Attribute {
  const present = new Set(Array.from(rows, (row) => label.codes[row] ?? -1));
  const kept = label.categories.map((_, code) => code).filter((code) => present.has(code));
  const renumbered = new Map(kept.map((code, i) => [code, i]));
  return {
    name: label.column,
    role,
    categories: kept.map((code) => label.categories[code] ?? ''),
    codes: Int32Array.from(rows, (row) => renumbered.get(label.codes[row] ?? -1) ?? -1),
  };
}

function notesOf(
  dataset: Dataset,
  options: TrainingDataOptions,
  genes: number,
  wanted: number,
  used: number,
  chosen: ChosenPeaks | undefined,
): string[] {
  return [
    `genes seen in at least ${options.minCells} of the ${dataset.cells} cells of the file: ${genes} of ${dataset.features}`,
    ...(chosen === undefined ? [] : [chosen.note]),
    ...(options.split === undefined ? [] : [`the ${wanted} cells of the part "train" of a split file; all others were held out`]),
    ...(used < wanted ? [`${wanted - used} cells left out: no counts in these ${featuresOf(chosen)}, or no label`] : []),
  ];
}

function leftOut(cells: number, chosen: ChosenPeaks | undefined): Problem[] {
  if (cells === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'cells-left-out',
      message: `${cells} cells are left out of training: they have no counts in the ${featuresOf(chosen)} that are used, or no label`,
      details: { cells },
    },
  ];
}

function featuresOf(chosen: ChosenPeaks | undefined): string {
  return chosen === undefined ? 'genes' : 'genes or in the peaks';
}

function noGenes(dataset: Dataset, minCells: number): CfgenError {
  return new CfgenError('INPUT_EMPTY', `${dataset.name}: no gene is seen in at least ${minCells} cells`, {
    hint: 'Lower --min-cells.',
    details: { file: dataset.path, minCells },
  });
}
