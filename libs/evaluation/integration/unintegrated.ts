import { sparsePrincipalComponents, type SparseMatrix } from '@cfgen/math';
import type { CountSource } from '@cfgen/tensors';
import { forEachBlock } from '../cells/count-blocks';
import { forEachLogNormalised } from '../preprocessing/log-normalise';

/** Components of the embedding that stands for uncorrected cells. */
export const unintegratedComponents = 50;

/**
 * The embedding of uncorrected cells: the first 50 principal components of ln(1 + 1e4 x / total) over all genes. The dense matrix never exists.
 *
 * @returns cells x dims, row-major; fewer dims for fewer cells or genes
 */
export function unintegratedEmbedding(
  counts: CountSource,
  components = unintegratedComponents,
): { readonly values: Float64Array; readonly dims: number } {
  const { scores } = sparsePrincipalComponents(logNormalisedRows(counts), components);
  return { values: scores.values, dims: scores.columns };
}

function logNormalisedRows(counts: CountSource): SparseMatrix {
  const indptr = new Uint32Array(counts.rows + 1);
  const indices: Uint32Array[] = [];
  const values: Float64Array[] = [];
  let filled = 0;
  forEachBlock(counts, (block, start) => {
    const size = block.indptr[block.rows];
    const genes = new Uint32Array(size);
    const scaled = new Float64Array(size);
    let at = 0;
    for (let r = 0; r < block.rows; r++) {
      forEachLogNormalised(block, r, (gene, value) => {
        genes[at] = gene;
        scaled[at++] = value;
      });
      indptr[start + r + 1] = filled + at;
    }
    filled += at;
    indices.push(genes);
    values.push(scaled);
  });
  const joinedIndices = new Uint32Array(filled);
  const joinedValues = new Float64Array(filled);
  let offset = 0;
  indices.forEach((genes, block) => {
    joinedIndices.set(genes, offset);
    joinedValues.set(values[block], offset);
    offset += genes.length;
  });
  return { rows: counts.rows, columns: counts.columns, indptr, indices: joinedIndices, values: joinedValues };
}
