import { RandomStream, sampleNegativeBinomial, type RandomKey } from '@cfgen/math';
import type { CountSource, SparseRows } from '@cfgen/tensors';
import type { Labels } from '../cells/cell-set';
import { forEachBlock, rowTotal } from '../cells/count-blocks';
import { storedCounts } from '../cells/stored-counts';
import { median } from '../statistics/averages';

/**
 * The simplest generator worth beating: every cell of a label has the label's mean profile, with negative-binomial noise. No latent, so no
 * differences between cells of a label beyond noise and size.
 */
export interface LabelProfileModel {
  readonly genes: number;
  /** Mean proportions of each gene by label, each of length `genes`, summing to 1. */
  readonly profiles: ReadonlyMap<string, Float64Array>;
  /** Proportions over all cells, for a label the model has not seen. */
  readonly pooled: Float64Array;
  /** Inverse dispersion of each gene, variance mu + mu^2/theta. */
  readonly theta: Float64Array;
}

/** Labels with fewer cells say nothing about dispersion. */
const fewestCells = 5;
/** Weight of the prior dispersion against the data. */
const priorWeight = 5;
const dispersionRange = [0.01, 20] as const;
const leastPriorDispersion = 0.05;

/** Sums over the cells of one label. */
interface LabelSums {
  cells: number;
  /** Sum of the library sizes, and of their squares. */
  total: number;
  totalSquares: number;
  /** Per gene: sum of counts, of their squares, and of count times library size. */
  readonly counts: Float64Array;
  readonly squares: Float64Array;
  readonly bySize: Float64Array;
}

/**
 * Fits the model on training cells: proportions are total counts of the gene over total counts of the label. Dispersions by moments within
 * labels, `num = sum_c [ n/(n-1) sum_i (x_i - l_i rho)^2 - rho sum_i l_i ]`, `den = sum_c rho^2 sum_i l_i^2`,
 * `1/theta = clip((num + 5m)/(den + 5), 0.01, 20)`, m the median of num/den over the tenth of genes with the largest den, at least 0.05.
 *
 * @param labels one group when left out; cells without a label enter the pooled profile only
 */
export function fitLabelProfiles(counts: CountSource, labels?: Labels): LabelProfileModel {
  const genes = counts.columns;
  const groups = new Map<string, LabelSums>();
  const pooledSums = emptySums(genes);
  forEachBlock(counts, (block, start) => {
    for (let r = 0; r < block.rows; r++) {
      addCell(pooledSums, block, r);
      if (labels === undefined) continue;
      const code = labels.codes[start + r];
      if (code < 0) continue;
      const name = labels.categories[code];
      let sums = groups.get(name);
      if (sums === undefined) groups.set(name, (sums = emptySums(genes)));
      addCell(sums, block, r);
    }
  });
  const forDispersion = [...groups.values()].filter((sums) => sums.cells >= fewestCells);
  return {
    genes,
    profiles: new Map(Array.from(groups, ([name, sums]) => [name, proportions(sums)])),
    pooled: proportions(pooledSums),
    theta: inverseDispersions(forDispersion.length > 0 ? forDispersion : [pooledSums], genes),
  };
}

function emptySums(genes: number): LabelSums {
  const zeros = (): Float64Array => new Float64Array(genes);
  return { cells: 0, total: 0, totalSquares: 0, counts: zeros(), squares: zeros(), bySize: zeros() };
}

function addCell(sums: LabelSums, block: SparseRows, r: number): void {
  const size = rowTotal(block, r);
  sums.cells++;
  sums.total += size;
  sums.totalSquares += size * size;
  for (let at = block.indptr[r]; at < block.indptr[r + 1]; at++) {
    const gene = block.indices[at];
    const count = block.values[at];
    sums.counts[gene] += count;
    sums.squares[gene] += count * count;
    sums.bySize[gene] += count * size;
  }
}

function proportions(sums: LabelSums): Float64Array {
  return sums.counts.map((count) => (sums.total > 0 ? count / sums.total : 0));
}

function inverseDispersions(groups: readonly LabelSums[], genes: number): Float64Array {
  const numerators = new Float64Array(genes);
  const denominators = new Float64Array(genes);
  for (const sums of groups) {
    const { cells, total, totalSquares } = sums;
    if (cells < 2 || total === 0) continue;
    for (let g = 0; g < genes; g++) {
      const rho = sums.counts[g] / total;
      const spread = sums.squares[g] - 2 * rho * sums.bySize[g] + rho * rho * totalSquares;
      numerators[g] += (cells / (cells - 1)) * spread - rho * total;
      denominators[g] += rho * rho * totalSquares;
    }
  }
  const largest = Uint32Array.from(denominators.keys())
    .sort((a, b) => denominators[b] - denominators[a] || a - b)
    .slice(0, Math.max(1, Math.ceil(genes / 10)))
    .filter((g) => denominators[g] > 0);
  const moments = Float64Array.from(largest, (g) => numerators[g] / denominators[g]);
  const prior = Math.max(leastPriorDispersion, moments.length === 0 ? 0 : median(moments));
  return numerators.map((numerator, g) => {
    const dispersion = (numerator + priorWeight * prior) / (denominators[g] + priorWeight);
    return 1 / Math.min(dispersionRange[1], Math.max(dispersionRange[0], dispersion));
  });
}

/**
 * Draws one cell for each entry: counts ~ NB(mean size x proportion, theta). Cell i depends on (key, i) alone.
 *
 * @param labels label of each cell; unknown or missing ones get the pooled profile
 * @param sizes library size of each cell
 */
export function drawLabelProfileCells(
  model: LabelProfileModel,
  labels: readonly (string | undefined)[],
  sizes: Float64Array,
  key: RandomKey,
): CountSource {
  const indptr = new Uint32Array(sizes.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < sizes.length; i++) {
    const profile = model.profiles.get(labels[i] ?? '') ?? model.pooled;
    const random = new RandomStream(key, i);
    for (let g = 0; g < model.genes; g++) {
      if (profile[g] === 0) continue;
      const count = sampleNegativeBinomial(random, sizes[i] * profile[g], model.theta[g]);
      if (count === 0) continue;
      indices.push(g);
      values.push(count);
    }
    indptr[i + 1] = indices.length;
  }
  return storedCounts({
    rows: sizes.length,
    columns: model.genes,
    indptr,
    indices: Uint32Array.from(indices),
    values: Float32Array.from(values),
  });
}
