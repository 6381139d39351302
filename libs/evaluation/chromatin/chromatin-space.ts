import { projectSparse, sparsePrincipalComponents, type DenseMatrix, type PrincipalComponents } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { mostDispersed, normalisedDispersions } from './dispersions';
import type { ChromatinSettings } from './settings';
import { forEachTfIdf, peakWeights, tfIdf, type PeakWeights } from './tf-idf';

/** The space of the real cells that open chromatin is compared in. */
export interface ChromatinSpace {
  /** Columns of the highly variable peaks, ascending. */
  readonly peaks: Uint32Array;
  readonly components: PrincipalComponents;
  /** Projection of the real mean on each component: what protocol `paper` adds to the coordinates. */
  readonly offset: Float64Array;
}

/** Fits the space: TF-IDF of the real cells over all peaks, the most variable peaks of it, centred principal components of these. */
export function fitChromatinSpace(real: CountSource, settings: ChromatinSettings, components: number): ChromatinSpace {
  const weights = peakWeights(real, { binarise: settings.binarise });
  const peaks = highlyVariablePeaks(real, weights, settings.peaks);
  const fitted = sparsePrincipalComponents(tfIdf(real, weights, peaks), components);
  const offset = Float64Array.from({ length: fitted.loadings.rows }, (_, k) =>
    fitted.means.reduce((sum, mean, j) => sum + mean * fitted.loadings.values[k * peaks.length + j], 0),
  );
  return { peaks, components: fitted, offset };
}

/**
 * The `count` most variable peaks by dispersion of their TF-IDF, as ascending columns; all of them when there are no more. The rule takes its
 * input for logarithms ln(1 + y), so TF-IDF enters as y = exp(TF-IDF) - 1.
 */
export function highlyVariablePeaks(counts: CountSource, weights: PeakWeights, count: number): Uint32Array {
  if (count >= counts.columns) return Uint32Array.from({ length: counts.columns }, (_, j) => j);
  const n = counts.rows;
  const means = new Float64Array(counts.columns);
  const squares = new Float64Array(counts.columns);
  forEachTfIdf(counts, weights, (_, peak, value) => {
    const y = Math.expm1(value);
    means[peak] += y / n;
    squares[peak] += y * y;
  });
  const variances = squares.map((square, j) => Math.max(0, (square - n * means[j] * means[j]) / (n - 1)));
  return mostDispersed(normalisedDispersions(means, variances), count);
}

/**
 * Coordinates of cells in the real space, centred on the real mean: cells x components. TF-IDF is the cells' OWN: frequencies of peaks are those
 * among them, not among the real cells.
 */
export function chromatinCoordinates(space: ChromatinSpace, counts: CountSource, settings: ChromatinSettings): DenseMatrix {
  const own = tfIdf(counts, peakWeights(counts, { binarise: settings.binarise }), space.peaks);
  return projectSparse(own, space.components.loadings, space.components.means);
}
