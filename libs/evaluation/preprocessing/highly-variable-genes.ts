import { loess } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { forEachBlock } from '../cells/count-blocks';

/** Genes ranked by how much more they vary than genes of their abundance do. */
export interface GeneVariability {
  /** Mean count of each gene. */
  readonly means: Float64Array;
  /** Variance of the counts of each gene (ddof 1). */
  readonly variances: Float64Array;
  /** Variance of the clipped standardised counts; 0 for a gene that never varies. */
  readonly normalisedVariances: Float64Array;
}

/** Share of the genes in each local fit. */
const span = 0.3;

/**
 * Variability of genes by the `seurat_v3` rule on raw counts: loess of log10 variance on log10 mean, counts clipped at
 * `mean + sd sqrt(N)`, then the variance of the standardised counts.
 * Stuart et al., Comprehensive integration of single-cell data, Cell 177:1888-1902, 2019; https://scanpy.readthedocs.io
 * (`highly_variable_genes`, flavour `seurat_v3`), whose values this reproduces.
 */
export function geneVariability(counts: CountSource): GeneVariability {
  const n = counts.rows;
  const g = counts.columns;
  const means = new Float64Array(g);
  const variances = new Float64Array(g);
  forEachBlock(counts, ({ indptr, indices, values, rows }) => {
    for (let at = 0; at < indptr[rows]; at++) {
      means[indices[at]] += values[at];
      variances[indices[at]] += values[at] * values[at];
    }
  });
  for (let j = 0; j < g; j++) {
    const sum = means[j];
    means[j] = sum / n;
    // Counts are whole numbers, so both sums are exact and the difference loses nothing that matters.
    variances[j] = n > 1 ? Math.max(0, (variances[j] - (sum * sum) / n) / (n - 1)) : 0;
  }
  const expectedSd = expectedDeviations(means, variances);
  const clipped = new Float64Array(g);
  const clippedSquares = new Float64Array(g);
  const ceilings = Float64Array.from(expectedSd, (sd, j) => means[j] + sd * Math.sqrt(n));
  forEachBlock(counts, ({ indptr, indices, values, rows }) => {
    for (let at = 0; at < indptr[rows]; at++) {
      const j = indices[at];
      const value = Math.min(values[at], ceilings[j]);
      clipped[j] += value;
      clippedSquares[j] += value * value;
    }
  });
  const normalisedVariances = new Float64Array(g);
  for (let j = 0; j < g; j++) {
    if (variances[j] === 0) continue;
    const spread = n * means[j] * means[j] + clippedSquares[j] - 2 * clipped[j] * means[j];
    normalisedVariances[j] = spread / ((n - 1) * expectedSd[j] * expectedSd[j]);
  }
  return { means, variances, normalisedVariances };
}

/** sqrt of the variance that loess expects at each gene's mean; 1 for genes without variance. */
function expectedDeviations(means: Float64Array, variances: Float64Array): Float64Array {
  const varying = Uint32Array.from(means.keys()).filter((j) => variances[j] > 0);
  const deviations = new Float64Array(means.length).fill(1);
  if (varying.length < 4) {
    for (const j of varying) deviations[j] = Math.sqrt(variances[j]);
    return deviations;
  }
  const x = Float64Array.from(varying, (j) => Math.log10(means[j]));
  const y = Float64Array.from(varying, (j) => Math.log10(variances[j]));
  const fitted = loess(x, y, { span, surface: 'interpolate' });
  varying.forEach((j, at) => (deviations[j] = Math.sqrt(10 ** fitted[at])));
  return deviations;
}

/**
 * The `count` most variable genes, as ascending columns. Ties in the ranking go to the earlier gene; genes that never vary come last.
 */
export function highlyVariableGenes(counts: CountSource, count: number): Uint32Array {
  if (count >= counts.columns) return Uint32Array.from({ length: counts.columns }, (_, j) => j);
  const { normalisedVariances: ranking } = geneVariability(counts);
  return Uint32Array.from(ranking.keys())
    .sort((a, b) => ranking[b] - ranking[a] || a - b)
    .slice(0, count)
    .sort();
}
