import { wassersteinOnLine } from '../distances/wasserstein';
import { pearson, spearman } from '../statistics/correlation';
import type { ExpressionProfile } from './expression-profile';
import { median } from '../statistics/averages';

/** How well single genes match. `null` where a side is constant. */
export interface GeneRealism {
  /** Spearman correlation over genes of the mean log-normalised expression. 1 is perfect. */
  readonly geneMeanSpearman: number | null;
  /** The same of its variance. */
  readonly geneVarianceSpearman: number | null;
  /** Pearson correlation of the variances. */
  readonly geneVariancePearson: number | null;
  /** Mean over genes of the difference in the share of cells without a count, absolute. 0 is perfect. */
  readonly meanZeroFractionDifference: number;
}

/** How well single genes and single cells of a generated set match the real ones. */
export interface Realism extends GeneRealism {
  /** W1 between the numbers of zero genes per cell, in genes. 0 is perfect. */
  readonly sparsityW1: number;
  /** W1 between the log10 library sizes. 0 is perfect. */
  readonly librarySizeW1: number;
  /** Median library size of the set. */
  readonly medianLibrarySize: number;
  readonly largestCount: number;
}

/** Compares two profiles over the same genes. */
export function realism(real: ExpressionProfile, generated: ExpressionProfile): Realism {
  return {
    ...compareGenes(real, generated),
    sparsityW1: wassersteinOnLine(real.zeroGenes, generated.zeroGenes),
    librarySizeW1: wassersteinOnLine(logSizes(real), logSizes(generated)),
    medianLibrarySize: median(generated.totals),
    largestCount: generated.largestCount,
  };
}

type GeneFigures = Pick<ExpressionProfile, 'geneMeans' | 'geneVariances' | 'zeroFractions'>;

/** Compares means, variances and zeros of genes. */
export function compareGenes(real: GeneFigures, generated: GeneFigures): GeneRealism {
  let zeroDifference = 0;
  real.zeroFractions.forEach((fraction, j) => (zeroDifference += Math.abs(fraction - generated.zeroFractions[j])));
  return {
    geneMeanSpearman: spearman(real.geneMeans, generated.geneMeans),
    geneVarianceSpearman: spearman(real.geneVariances, generated.geneVariances),
    geneVariancePearson: pearson(real.geneVariances, generated.geneVariances),
    meanZeroFractionDifference: zeroDifference / real.zeroFractions.length,
  };
}

/** log10 of the library sizes; an empty cell counts as size 1. */
export function logSizes(profile: ExpressionProfile): Float64Array {
  return profile.totals.map((total) => Math.log10(Math.max(total, 1)));
}
