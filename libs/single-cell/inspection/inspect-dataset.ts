import type { Problem } from '@cfgen/contracts';
import type { Dataset, DatasetFormat } from '../dataset/dataset';
import { featuresSeenInAtLeast, type Scan } from '../dataset/scan';
import type { ColumnKind } from '../frames/column';
import { multimodalOfMuData, type MultimodalDataset } from '../multimodal/open-multimodal';
import { datasetOf } from '../opening/open-dataset';
import { openSource, workingRoom, type OpenOptions } from '../opening/open-source';
import { describeColumn, type ColumnSummary } from './describe-columns';
import { trainingNeeds, type TrainingNeeds } from './training-needs';

/** Smallest, quartiles and largest of something measured in each cell. */
export interface Quantiles {
  readonly min: number;
  readonly q25: number;
  readonly median: number;
  readonly q75: number;
  readonly max: number;
  readonly mean: number;
}

/**
 * Everything `cfgen inspect` tells about a file. JSON-ready. Of a MuData file with RNA and ATAC, the figures are those of RNA in the cells that
 * both share, and `modalities` lists both.
 */
export interface Inspection {
  readonly path: string;
  readonly format: DatasetFormat;
  readonly formatDetail: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly cells: number;
  readonly features: number;
  /** Entries that are not zero. */
  readonly nonzeros: number;
  /** Sum of all counts. */
  readonly total: number;
  /** Share of entries that are not zero. */
  readonly density: number;
  readonly largestCount: number;
  readonly countsAt: string;
  readonly modalities: readonly {
    readonly modality: string;
    readonly featureType: string;
    readonly features: number;
    readonly nonzeros: number;
    readonly total: number;
  }[];
  /** Counts of a cell. */
  readonly librarySize: Quantiles;
  /** Features seen in a cell. */
  readonly featuresPerCell: Quantiles;
  readonly obs: readonly ColumnSummary[];
  readonly var: readonly { readonly name: string; readonly kind: ColumnKind }[];
  readonly training: TrainingNeeds;
  readonly problems: readonly Problem[];
}

export interface InspectOptions extends OpenOptions {
  /** Cells a feature must be seen in to count for training; default 20. */
  readonly minCells?: number;
}

/**
 * Opens a file, reads all of it once, and tells what is in it and what training on it would take. Throws what `openDataset` and
 * `Dataset.scan` throw; columns that are damaged are refused, columns that cannot serve as labels say why.
 */
export async function inspectDataset(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const opened = await openSource(path, options, workingRoom(options));
  const minCells = options.minCells ?? 20;
  if (opened.kind === 'mudata' && options.modality === undefined && ['rna', 'atac'].every((name) => opened.modalities.includes(name))) {
    return inspectBoth(multimodalOfMuData(opened, options, workingRoom(options, 2)), minCells);
  }
  const dataset = datasetOf(opened, options, workingRoom(options));
  try {
    const scan = dataset.scan();
    const sha256 = await dataset.contentHash();
    return { ...describe(dataset, scan, minCells), sha256 };
  } finally {
    dataset.close();
  }
}

async function inspectBoth(both: MultimodalDataset, minCells: number): Promise<Inspection> {
  try {
    // The second is scanned first, so that the problems of both are known when the first is described.
    const modalities = [both.atac, both.rna].flatMap((dataset) => describeModalities(dataset, dataset.scan())).reverse();
    const sha256 = await both.rna.contentHash();
    return { ...describe(both.rna, both.rna.scan(), minCells), formatDetail: 'MuData', modalities, problems: both.problems, sha256 };
  } finally {
    both.close();
  }
}

function describe(dataset: Dataset, scan: Scan, minCells: number): Omit<Inspection, 'sha256'> {
  const obs = dataset.obsColumns.map((column) => describeColumn(dataset, column));
  const kept = featuresSeenInAtLeast(scan, minCells);
  return {
    path: dataset.path,
    format: dataset.format,
    formatDetail: dataset.formatDetail,
    bytes: dataset.bytes,
    cells: dataset.cells,
    features: dataset.features,
    nonzeros: scan.nonzeros,
    total: scan.total,
    density: scan.nonzeros / (dataset.cells * dataset.features),
    largestCount: scan.max,
    countsAt: dataset.countsAt,
    modalities: describeModalities(dataset, scan),
    librarySize: quantiles(scan.cellTotals),
    featuresPerCell: quantiles(Float64Array.from(scan.cellFeatures)),
    obs,
    var: dataset.varColumns.map(({ name, kind }) => ({ name, kind })),
    training: trainingNeeds(dataset.cells, kept.length, sumOver(kept, scan.featureCells), minCells),
    problems: dataset.problems,
  };
}

function describeModalities(dataset: Dataset, scan: Scan): Inspection['modalities'] {
  return dataset.featureGroups.map(({ modality, featureType, columns }) => ({
    modality,
    featureType,
    features: columns.length,
    nonzeros: sumOver(columns, scan.featureCells),
    total: sumOver(columns, scan.featureTotals),
  }));
}

function sumOver(columns: Uint32Array, values: ArrayLike<number>): number {
  let sum = 0;
  for (const column of columns) sum += values[column];
  return sum;
}

/** Quantiles with linear interpolation between order statistics (NumPy's default). */
function quantiles(values: Float64Array): Quantiles {
  const sorted = values.slice().sort();
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const below = sorted[Math.floor(position)];
    return below + (position - Math.floor(position)) * (sorted[Math.ceil(position)] - below);
  };
  return {
    min: at(0),
    q25: at(0.25),
    median: at(0.5),
    q75: at(0.75),
    max: at(1),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  };
}
