import type { CountSource } from '@cfgen/tensors';
import { forEachBlock, rowTotal } from '../cells/count-blocks';

/** Counts a cell is scaled to before the logarithm. */
const scaledTotal = 1e4;
/** Standardised values above this are cut. */
const ceiling = 10;

/** Mean and standard deviation (ddof 0) of every gene that any cell has, over log1p of counts scaled to 10,000. */
export interface ExpressionScale {
  /** Columns of the counts, ascending. */
  readonly genes: Uint32Array;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * Standardised expression, cells x genes of the scale. All but the entries of the sparse part have the value of a zero count,
 * `zeros[j]`; an entry holds what is to be added to that.
 */
export interface StandardisedExpression {
  readonly rows: number;
  readonly columns: number;
  readonly zeros: Float64Array;
  readonly indptr: Float64Array;
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

export function fitExpressionScale(counts: CountSource): ExpressionScale {
  const sums = new Float64Array(counts.columns);
  const squares = new Float64Array(counts.columns);
  forEachEntry(counts, (_, gene, value) => {
    sums[gene] += value;
    squares[gene] += value * value;
  });
  const genes = Uint32Array.from(sums.keys()).filter((gene) => sums[gene] > 0);
  const means = Float64Array.from(genes, (gene) => sums[gene] / counts.rows);
  const deviations = Float64Array.from(genes, (gene, j) => {
    const variance = squares[gene] / counts.rows - means[j] ** 2;
    // As StandardScaler of scikit-learn: a gene that does not vary is centred and not scaled.
    return variance > 1e-15 * means[j] ** 2 ? Math.sqrt(variance) : 1;
  });
  return { genes, means, deviations };
}

/** Cells on a scale: values are cut at 10 from above alone, as CellTypist does. */
export function standardised(counts: CountSource, scale: ExpressionScale): StandardisedExpression {
  const { genes, means, deviations } = scale;
  const place = new Int32Array(counts.columns).fill(-1);
  genes.forEach((gene, j) => (place[gene] = j));
  const zeros = Float64Array.from(genes, (_, j) => -means[j] / deviations[j]);
  const indices: number[][] = [];
  const values: number[][] = [];
  for (let row = 0; row < counts.rows; row++) {
    indices.push([]);
    values.push([]);
  }
  forEachEntry(counts, (row, gene, value) => {
    const j = place[gene];
    if (j < 0) return;
    indices[row].push(j);
    values[row].push(Math.min(ceiling, (value - means[j]) / deviations[j]) - zeros[j]);
  });
  const indptr = new Float64Array(counts.rows + 1);
  indices.forEach((row, i) => (indptr[i + 1] = indptr[i] + row.length));
  const flat = { indices: new Uint32Array(indptr[counts.rows]), values: new Float64Array(indptr[counts.rows]) };
  indices.forEach((row, i) => {
    flat.indices.set(row, indptr[i]);
    flat.values.set(values[i], indptr[i]);
  });
  return { rows: counts.rows, columns: genes.length, zeros, indptr, ...flat };
}

function forEachEntry(counts: CountSource, visit: (row: number, gene: number, value: number) => void): void {
  forEachBlock(counts, (block, start) => {
    for (let r = 0; r < block.rows; r++) {
      const total = rowTotal(block, r);
      if (total === 0) continue;
      for (let at = block.indptr[r]; at < block.indptr[r + 1]; at++) {
        if (block.values[at] !== 0) visit(start + r, block.indices[at], Math.log1p((block.values[at] * scaledTotal) / total));
      }
    }
  });
}
