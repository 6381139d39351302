import { CfgenError } from '@cfgen/contracts';
import type { SparseMatrix } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { forEachBlock } from '../cells/count-blocks';

/** How counts of peaks become TF-IDF. The defaults are those of muon. */
export interface TfIdfOptions {
  /** Take any count above 0 as 1 first. Default false. */
  readonly binarise?: boolean;
  /** ln(1 + TF). Default true. */
  readonly logTf?: boolean;
  /** ln(1 + IDF). Default true. */
  readonly logIdf?: boolean;
  /** ln(1 + TF IDF): of the product, in place of logarithms of its factors. Default false. */
  readonly logTfIdf?: boolean;
  /** What TF is multiplied by. Default 10,000. */
  readonly scaleFactor?: number;
}

/** How a set of cells weighs its peaks. */
export interface PeakWeights {
  /** IDF of each peak: N / total of the peak, or its logarithm; 0 for a peak without a count. */
  readonly idf: Float64Array;
  /** Cells in which each peak has a count. */
  readonly open: Uint32Array;
  readonly options: Required<TfIdfOptions>;
}

/**
 * Weights of the peaks of some cells: `IDF_j = N / sum_i x_ij`, by default `ln(1 + IDF_j)`. muon, `atac.pp.tfidf`
 * (https://muon.readthedocs.io), whose values this reproduces.
 *
 * @throws CfgenError REQUEST_INVALID when the logarithm of the product is wanted together with one of a factor
 */
export function peakWeights(counts: CountSource, given: TfIdfOptions = {}): PeakWeights {
  const options = { binarise: false, logTf: true, logIdf: true, logTfIdf: false, scaleFactor: 1e4, ...given };
  if (options.logTfIdf && (options.logTf || options.logIdf)) {
    throw new CfgenError('REQUEST_INVALID', 'TF-IDF is asked for with the logarithm of the product and of a factor.', {
      hint: 'Take either the logarithm of TF-IDF, or logarithms of TF and IDF.',
      details: { logTf: options.logTf, logIdf: options.logIdf, logTfIdf: true },
    });
  }
  const totals = new Float64Array(counts.columns);
  const open = new Uint32Array(counts.columns);
  forEachBlock(counts, ({ indptr, indices, values, rows }) => {
    for (let at = 0; at < indptr[rows]; at++) {
      if (!(values[at] > 0)) continue;
      totals[indices[at]] += options.binarise ? 1 : values[at];
      open[indices[at]]++;
    }
  });
  const idf = totals.map((total) => (total === 0 ? 0 : options.logIdf ? Math.log1p(counts.rows / total) : counts.rows / total));
  return { idf, open, options };
}

/** Calls `visit` with the TF-IDF of every count of every cell, `TF_ij = x_ij / sum_j x_ij` over all peaks. A cell without counts has none. */
export function forEachTfIdf(
  counts: CountSource,
  { idf, options }: PeakWeights,
  visit: (cell: number, peak: number, value: number) => void,
): void {
  const { binarise, logTf, logTfIdf, scaleFactor } = options;
  forEachBlock(counts, ({ indptr, indices, values, rows }, start) => {
    for (let r = 0; r < rows; r++) {
      let total = 0;
      for (let at = indptr[r]; at < indptr[r + 1]; at++) total += binarise ? Number(values[at] > 0) : values[at];
      for (let at = indptr[r]; at < indptr[r + 1]; at++) {
        if (!(values[at] > 0)) continue;
        const frequency = ((binarise ? 1 : values[at]) / total) * scaleFactor;
        const product = (logTf ? Math.log1p(frequency) : frequency) * idf[indices[at]];
        visit(start + r, indices[at], logTfIdf ? Math.log1p(product) : product);
      }
    }
  });
}

/** TF-IDF of the chosen peaks, cells x `peaks.length`, sparse; TF is still over all peaks. `peaks` ascending. */
export function tfIdf(counts: CountSource, weights: PeakWeights, peaks: Uint32Array): SparseMatrix {
  const position = new Int32Array(counts.columns).fill(-1);
  peaks.forEach((peak, at) => (position[peak] = at));
  const entries = peaks.reduce((sum, peak) => sum + weights.open[peak], 0);
  const matrix = {
    rows: counts.rows,
    columns: peaks.length,
    indptr: new Uint32Array(counts.rows + 1),
    indices: new Uint32Array(entries),
    values: new Float64Array(entries),
  };
  let filled = 0;
  forEachTfIdf(counts, weights, (cell, peak, value) => {
    if (position[peak] < 0) return;
    matrix.indices[filled] = position[peak];
    matrix.values[filled] = value;
    filled++;
    matrix.indptr[cell + 1]++;
  });
  for (let i = 0; i < counts.rows; i++) matrix.indptr[i + 1] += matrix.indptr[i];
  return matrix;
}
