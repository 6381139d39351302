import type { CountSource } from '@cfgen/tensors';
import { forEachBlock, rowTotal } from '../cells/count-blocks';
import { forEachLogNormalised } from '../preprocessing/log-normalise';

/** What single genes and single cells of a set look like. */
export interface ExpressionProfile {
  readonly cells: number;
  /** Mean of each gene's log-normalised expression. */
  readonly geneMeans: Float64Array;
  /** Variance of it (ddof 1). */
  readonly geneVariances: Float64Array;
  /** Share of cells in which each gene has no count. */
  readonly zeroFractions: Float64Array;
  /** Number of genes without a count, per cell. */
  readonly zeroGenes: Float64Array;
  /** Total count (library size) per cell. */
  readonly totals: Float64Array;
  readonly largestCount: number;
}

/** Gathers the profile of all cells in two passes. Log-normalised: `ln(1 + 1e4 x / l)`, l the total over all genes. */
export function expressionProfile(counts: CountSource): ExpressionProfile {
  const n = counts.rows;
  const g = counts.columns;
  const sums = new Float64Array(g);
  const present = new Float64Array(g);
  const zeroGenes = new Float64Array(n);
  const totals = new Float64Array(n);
  let largestCount = 0;
  forEachBlock(counts, (block, start) => {
    for (let r = 0; r < block.rows; r++) {
      totals[start + r] = rowTotal(block, r);
      zeroGenes[start + r] = g - (block.indptr[r + 1] - block.indptr[r]);
      forEachLogNormalised(block, r, (gene, value) => {
        sums[gene] += value;
        present[gene]++;
      });
    }
    for (let at = 0; at < block.indptr[block.rows]; at++) largestCount = Math.max(largestCount, block.values[at]);
  });
  const geneMeans = sums.map((sum) => sum / n);
  // Around the mean in a pass of its own: genes that vary equally then have equal variances, which ranks of them depend on.
  const deviations = geneMeans.map((mean, gene) => (n - present[gene]) * mean * mean);
  forEachBlock(counts, (block) => {
    for (let r = 0; r < block.rows; r++) {
      forEachLogNormalised(block, r, (gene, value) => (deviations[gene] += (value - geneMeans[gene]) ** 2));
    }
  });
  return {
    cells: n,
    geneMeans,
    geneVariances: deviations.map((sum) => sum / (n - 1)),
    zeroFractions: present.map((count) => 1 - count / n),
    zeroGenes,
    totals,
    largestCount,
  };
}
