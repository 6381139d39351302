import type { GeneSums } from '../intervals/gene-draws';

/** The test that ranks marker genes, by its name in scanpy. */
export const markerTest = 't-test_overestim_var';

/**
 * Welch t statistic of each gene, cells of a label against all other cells, on log-normalised data, the number of other cells set to that of the
 * label, which overestimates the variance and so keeps large rests from making every gene significant:
 * t = (m - m') / sqrt(v / n + v' / n), n the cells of the label. 0 where both variances are 0.
 * scanpy's `rank_genes_groups(method='t-test_overestim_var')`, https://scanpy.readthedocs.io, whose scores this reproduces.
 */
export function markerScores(label: GeneSums, all: GeneSums): Float64Array {
  const n = label.cells;
  const rest = all.cells - n;
  return label.sums.map((sum, gene) => {
    const restSum = all.sums[gene] - sum;
    const variance = varianceOf(sum, label.squares[gene], n);
    const restVariance = varianceOf(restSum, all.squares[gene] - label.squares[gene], rest);
    const spread = Math.sqrt((variance + restVariance) / n);
    return spread > 0 ? (sum / n - restSum / rest) / spread : 0;
  });
}

/** Log fold change of each gene: mean log-normalised expression (natural logarithm) in the label less that in all other cells. */
export function foldChanges(label: GeneSums, all: GeneSums): Float64Array {
  const rest = all.cells - label.cells;
  return label.sums.map((sum, gene) => sum / label.cells - (all.sums[gene] - sum) / rest);
}

/** The `count` genes of the highest scores above 0, best first; equal scores in the order of the genes. */
export function topGenes(scores: Float64Array, count: number): Uint32Array {
  const best: number[] = [];
  let limit = 0;
  scores.forEach((score, gene) => {
    if (!(score > limit)) return;
    let at = best.length;
    while (at > 0 && scores[best[at - 1]] < score) at--;
    best.splice(at, 0, gene);
    if (best.length > count) best.pop();
    if (best.length === count) limit = scores[best[count - 1]];
  });
  return Uint32Array.from(best);
}

/** Variance (ddof 1) from sums; rounding below 0 is 0. */
function varianceOf(sum: number, squares: number, n: number): number {
  const spread = squares - (sum * sum) / n;
  // Less than float32 sums can tell apart is no spread: a gene must not come first for rounding.
  return spread > 1e-6 * squares ? spread / (n - 1) : 0;
}
