import { principalComponents, type DenseMatrix } from '@cfgen/math';
import type { Groups } from './groups';

/**
 * Share of the variance of an embedding that the batches explain: all its principal components are regressed on the batches, and the R^2 of each
 * is weighted by its variance. `null` for an embedding without variance.
 * Buettner et al., Nature Methods 16:43-49, 2019.
 */
export function principalComponentRegression(x: DenseMatrix, batches: Groups): number | null {
  const { scores, variances } = principalComponents(x, x.columns);
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  if (!(total > 0)) return null;
  let explained = 0;
  for (let k = 0; k < scores.columns; k++) explained += variances[k] * explainedByGroups(scores, k, batches);
  return explained / total;
}

/** R^2 of a centred column regressed on group membership: between-group sum of squares over the total. */
function explainedByGroups({ rows, columns, values }: DenseMatrix, k: number, { codes, sizes }: Groups): number {
  const sums = new Float64Array(sizes.length);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i * columns + k];
    sums[codes[i]] += value;
    total += value * value;
  }
  let between = 0;
  for (let g = 0; g < sizes.length; g++) between += (sums[g] * sums[g]) / sizes[g];
  return total > 0 ? between / total : 0;
}

/** How much less the batches explain than before: (before - after) / before, at least 0. `null` when they explained nothing before. */
export function regressionComparison(before: number | null, after: number | null): number | null {
  return before === null || after === null || before === 0 ? null : Math.max(0, (before - after) / before);
}
