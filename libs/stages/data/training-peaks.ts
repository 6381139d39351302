import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription, PeakCells } from '@cfgen/model';
import { featuresSeenInAtLeast, openCountSource, type Dataset, type OpenCountSource } from '@cfgen/single-cell';
import { sizeFactorsOf } from './cells-of';
import { textColumns } from './text-columns';

/** Peaks seen in fewer cells are left out unless asked otherwise. */
export const usualMinCellsPeaks = 10;

/** The peaks of a file that are trained on. */
export interface ChosenPeaks {
  readonly dataset: Dataset;
  /** Columns of the data set. */
  readonly peaks: Uint32Array;
  /** Total of each cell of the file over all peaks. */
  readonly cellTotals: ArrayLike<number>;
  /** The choice in words. */
  readonly note: string;
}

/**
 * Reads the file once.
 *
 * @param rnaName name of the file with the RNA counts; where the peaks are in another, the note names it
 * @throws CfgenError INPUT_EMPTY when no peak is seen often enough
 */
export function choosePeaks(
  dataset: Dataset,
  rnaName: string,
  minCells: number,
  memory: number,
  onRows: (rows: number) => void,
): ChosenPeaks {
  const scan = dataset.scan({ memory, onRows });
  const peaks = featuresSeenInAtLeast(scan, minCells);
  if (peaks.length === 0) {
    throw new CfgenError('INPUT_EMPTY', `${dataset.name}: no peak is seen in at least ${minCells} cells`, {
      hint: 'Lower --min-cells-peaks, or train on RNA alone with --modality rna.',
      details: { file: dataset.path, minCells },
    });
  }
  const place = dataset.name === rnaName ? dataset.countsAt : `${dataset.countsAt} of ${dataset.name}`;
  const note = `peaks seen in at least ${minCells} of the ${dataset.cells} cells: ${peaks.length} of ${dataset.features} (${place})`;
  return { dataset, peaks, cellTotals: scan.cellTotals, note };
}

/** Counts of the chosen peaks in the given rows. Close the source when done. */
export function openPeaks(
  { dataset, peaks }: ChosenPeaks,
  cells: Uint32Array,
  memory: number,
): PeakCells & { readonly counts: OpenCountSource } {
  const counts = openCountSource(dataset, { memory, features: peaks, cells });
  return { counts, sizeFactors: sizeFactorsOf(counts) };
}

/** Names of the chosen peaks, with the text columns that go along. */
export function peakTable({ dataset, peaks }: ChosenPeaks): ModelDescription['features'] {
  return { names: Array.from(peaks, (peak) => dataset.varNames[peak] ?? ''), columns: textColumns(dataset.varColumns, peaks) };
}
