import type { CountSource } from '@cfgen/tensors';
import { forEachBlock } from '../training/cells';

/** Sums over the cells of one group (label), each [G]. */
interface GroupSums {
  cells: number;
  /** Sum of l and of l squared. */
  size: number;
  sizeSquared: number;
  /** Sums of x, x squared and l x. */
  readonly x: Float64Array;
  readonly xSquared: Float64Array;
  readonly sizeX: Float64Array;
}

/** Sums of the counts within groups: enough for the profile and for the dispersion, from one pass over the cells. */
export interface CountMoments {
  readonly features: number;
  readonly groups: readonly GroupSums[];
}

const blockRows = 512;
/** Groups of fewer cells say too little about a variance. */
const smallestGroup = 5;

/**
 * One pass over the given cells.
 *
 * @param codes group of each cell [N] (all cells of the source), or undefined for one group; negative: left out.
 */
export function countMoments(
  counts: CountSource,
  cells: Uint32Array,
  sizeFactors: Float64Array,
  codes: Int32Array | undefined,
  groupCount: number,
): CountMoments {
  const groups = Array.from({ length: codes === undefined ? 1 : groupCount }, (): GroupSums => ({
    cells: 0,
    size: 0,
    sizeSquared: 0,
    x: new Float64Array(counts.columns),
    xSquared: new Float64Array(counts.columns),
    sizeX: new Float64Array(counts.columns),
  }));
  forEachBlock(counts, cells, blockRows, (block, members) => {
    members.forEach((cell, row) => {
      const group = groups[codes === undefined ? 0 : codes[cell]];
      if (group === undefined) return;
      const l = sizeFactors[cell];
      group.cells += 1;
      group.size += l;
      group.sizeSquared += l * l;
      for (let k = block.indptr[row]; k < block.indptr[row + 1]; k++) {
        const gene = block.indices[k];
        const x = block.values[k];
        group.x[gene] += x;
        group.xSquared[gene] += x * x;
        group.sizeX[gene] += l * x;
      }
    });
  });
  return { features: counts.columns, groups };
}

/** `p_g = (sum_i x_ig + 1/2) / (total + G/2)`: overall proportions [G], never zero. */
export function overallProfile(moments: CountMoments): Float64Array {
  const p = new Float64Array(moments.features);
  for (const group of moments.groups) for (let g = 0; g < p.length; g++) p[g] += group.x[g];
  const total = p.reduce((sum, x) => sum + x, 0);
  return p.map((x) => (x + 0.5) / (total + 0.5 * p.length));
}

/**
 * Inverse dispersion theta [G] by moments within groups. With rho_cg = sum x / sum l of group c:
 * `num_g = sum_c [ n_c/(n_c - 1) sum_i (x_ig - l_i rho_cg)² - rho_cg sum_i l_i ]`, `den_g = sum_c rho_cg² sum_i l_i²`,
 * `1/theta_g = clip((num_g + 5 m)/(den_g + 5), 0.01, 20)`, m = max(0.05, median of num/den over the tenth of genes with the largest den).
 * Groups below five cells are left out; if none is large enough all cells make one group.
 */
export function momentDispersion(moments: CountMoments): Float64Array {
  const large = moments.groups.filter((group) => group.cells >= smallestGroup);
  const groups = large.length > 0 ? large : [pooled(moments)];
  const genes = moments.features;
  const numerator = new Float64Array(genes);
  const denominator = new Float64Array(genes);
  for (const group of groups) {
    const correction = group.cells > 1 ? group.cells / (group.cells - 1) : 1;
    for (let g = 0; g < genes; g++) {
      const rho = group.size > 0 ? group.x[g] / group.size : 0;
      const squares = group.xSquared[g] - 2 * rho * group.sizeX[g] + rho * rho * group.sizeSquared;
      numerator[g] += correction * squares - rho * group.size;
      denominator[g] += rho * rho * group.sizeSquared;
    }
  }
  const typical = Math.max(0.05, medianRatio(numerator, denominator));
  return numerator.map((value, g) => 1 / Math.min(20, Math.max(0.01, (value + 5 * typical) / (denominator[g] + 5))));
}

function medianRatio(numerator: Float64Array, denominator: Float64Array): number {
  const order = Array.from(denominator.keys()).sort((a, b) => denominator[b] - denominator[a]);
  const ratios = order
    .slice(0, Math.max(1, Math.floor(order.length / 10)))
    .filter((g) => denominator[g] > 0)
    .map((g) => numerator[g] / denominator[g])
    .sort((a, b) => a - b);
  if (ratios.length === 0) return 0;
  const middle = ratios.length >> 1;
  return ratios.length % 2 === 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
}

function pooled(moments: CountMoments): GroupSums {
  const sum = (pick: (group: GroupSums) => Float64Array): Float64Array => {
    const out = new Float64Array(moments.features);
    for (const group of moments.groups) pick(group).forEach((value, g) => (out[g] += value));
    return out;
  };
  const total = (pick: (group: GroupSums) => number): number => moments.groups.reduce((t, group) => t + pick(group), 0);
  return {
    cells: total((group) => group.cells),
    size: total((group) => group.size),
    sizeSquared: total((group) => group.sizeSquared),
    x: sum((group) => group.x),
    xSquared: sum((group) => group.xSquared),
    sizeX: sum((group) => group.sizeX),
  };
}
