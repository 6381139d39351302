import type { CountSource } from '@cfgen/tensors';
import { logNormalisedSparse } from '../preprocessing/log-normalise';
import { componentsOfSparse } from '../preprocessing/sparse-components';

/** Components of the embedding that stands for uncorrected cells. */
export const unintegratedComponents = 50;

/**
 * The embedding of uncorrected cells: the first 50 principal components of ln(1 + 1e4 x / total) over all genes.
 *
 * @returns cells x dims, row-major; fewer dims for fewer cells or genes
 */
export function unintegratedEmbedding(
  counts: CountSource,
  components = unintegratedComponents,
): { readonly values: Float64Array; readonly dims: number } {
  const genes = Array.from({ length: counts.columns }, (_, gene) => gene);
  const { scores } = componentsOfSparse(logNormalisedSparse(counts, genes), components);
  return { values: scores.values, dims: scores.columns };
}
