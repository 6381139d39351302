import { CfgenError, type Problem } from '@cfgen/contracts';
import type { Attribute, AttributeRole, ModelDescription, TrainingCells } from '@cfgen/model';
import {
  featuresSeenInAtLeast,
  openCountSource,
  requireTrainable,
  type Column,
  type Dataset,
  type OpenCountSource,
} from '@cfgen/single-cell';
import type { ReadingContext } from '../context';
import type { DataFile } from './data-file';
import { openCovariates } from './covariates';
import { openRna } from './open-rna';
import { cellsOf, sizeFactorsOf, type CellPart } from './cells-of';

/** Which cells and genes of a file are trained on. */
export interface TrainingDataOptions {
  readonly data: DataFile;
  /** Biological labels and batch columns to condition on. */
  readonly labels: readonly string[];
  readonly batches: readonly string[];
  /** Numeric columns to condition on. */
  readonly covariates?: readonly string[];
  readonly layer?: string;
  /** Genes seen in fewer cells of the file are left out. */
  readonly minCells: number;
  /** Train on the `train` part only. */
  readonly split?: DataFile;
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

/** Share of the memory ceiling that counts may take; the rest is for reading and for the engine. */
const countsShare = 0.5;

/** Opens a file for training: checks counts and labels, filters genes, leaves out what cannot be trained on and says so. */
export async function openTrainingData(options: TrainingDataOptions, context: ReadingContext): Promise<TrainingData> {
  const dataset = await openRna(options.data, context, options.layer);
  let counts: OpenCountSource | undefined;
  try {
    const labels = labelColumns(options).map(({ name, role }) => ({
      role,
      ...dataset.label(name, { missing: options.missingLabels === 'drop' ? 'keep' : 'refuse' }),
    }));
    requireTrainable(dataset);
    // The file is read twice: once to see what is in it, once to take what is wanted.
    const readRows = (before: number) => (rows: number) =>
      context.onProgress?.({ stage: 'read', done: Math.floor((before + rows) / 2), total: dataset.cells, unit: 'cells' });
    readRows(0)(0);
    const scan = dataset.scan({ memory: context.memory / 4, onRows: readRows(0) });
    const genes = featuresSeenInAtLeast(scan, options.minCells);
    if (genes.length === 0) throw noGenes(dataset, options.minCells);

    const part: CellPart | undefined = options.split === undefined ? undefined : { file: options.split, part: 'train' };
    const wanted = cellsOf(dataset, part, context.onProblem);
    const covariates = openCovariates(dataset, options, wanted);
    const usable = wanted.filter(
      (row) => labels.every((label) => (label.codes[row] ?? -1) >= 0) && covariates.known(row) && (scan.cellTotals[row] ?? 0) > 0,
    );
    const onRows = readRows(dataset.cells);
    counts = openCountSource(dataset, { memory: context.memory * countsShare, features: genes, cells: usable, onRows });
    const totals = sizeFactorsOf(counts);
    const filled = usable.filter((_, i) => (totals[i] ?? 0) > 0);
    if (filled.length < usable.length) {
      counts.close();
      counts = openCountSource(dataset, { memory: context.memory * countsShare, features: genes, cells: filled });
    }
    requireTrainable({ name: dataset.name, cells: filled.length });
    context.onProgress?.({ stage: 'read', done: dataset.cells, total: dataset.cells, unit: 'cells' });

    const opened = counts;
    const notes = notesOf(dataset, options, genes.length, wanted.length, filled.length);
    for (const problem of [...dataset.problems, ...leftOut(wanted.length - filled.length)]) context.onProblem?.(problem);
    return {
      cells: {
        counts: opened,
        sizeFactors: totals.filter((total) => total > 0),
        attributes: labels.map((label) => attributeOf(label, label.role, filled)),
        covariates: covariates.of(filled),
      },
      features: { names: Array.from(genes, (gene) => dataset.varNames[gene] ?? ''), columns: textColumns(dataset.varColumns, genes) },
      data: {
        name: dataset.name,
        sha256: await dataset.contentHash(),
        countsAt: dataset.countsAt,
        cells: dataset.cells,
        features: dataset.features,
      },
      notes,
      close: () => {
        opened.close();
        dataset.close();
      },
    };
  } catch (error) {
    counts?.close();
    dataset.close();
    throw error;
  }
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

/** Text columns of var, such as gene ids: they go with the genes into every generated file. */
export function textColumns(columns: readonly Column[], genes: Uint32Array): Record<string, string[]> {
  const kept: Record<string, string[]> = {};
  for (const column of columns) {
    if (column.kind !== 'string' && column.kind !== 'categorical') continue;
    const values = column.read();
    if (values.kind === 'string') kept[column.name] = Array.from(genes, (gene) => values.values[gene] ?? '');
    else if (values.kind === 'categorical') {
      kept[column.name] = Array.from(genes, (gene) => values.categories[values.codes[gene] ?? -1] ?? '');
    }
  }
  return kept;
}

function notesOf(dataset: Dataset, options: TrainingDataOptions, genes: number, wanted: number, used: number): string[] {
  const unlabelled = (options.covariates ?? []).length === 0 ? 'label' : 'label or covariate';
  return [
    `genes seen in at least ${options.minCells} of the ${dataset.cells} cells of the file: ${genes} of ${dataset.features}`,
    ...(options.split === undefined ? [] : [`the ${wanted} cells of the part "train" of a split file; all others were held out`]),
    ...(used < wanted ? [`${wanted - used} cells left out: no counts in these genes, or no ${unlabelled}`] : []),
  ];
}

function leftOut(cells: number): Problem[] {
  if (cells === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'cells-left-out',
      message: `${cells} cells are left out of training: they have no counts in the genes that are used, or no label`,
      details: { cells },
    },
  ];
}

function noGenes(dataset: Dataset, minCells: number): CfgenError {
  return new CfgenError('INPUT_EMPTY', `${dataset.name}: no gene is seen in at least ${minCells} cells`, {
    hint: 'Lower --min-cells.',
    details: { file: dataset.path, minCells },
  });
}
