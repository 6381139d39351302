import { RandomStream, randomKey } from '@cfgen/math';
import type { CellSet } from '../cells/cell-set';
import { drawGroups, groupCells, type CellGroups } from './cell-groups';

/** The draws of one side of a comparison. */
export interface SideDraws {
  readonly groups: CellGroups;
  /** Weight of each group, one array a draw. */
  readonly weights: readonly Float64Array[];
}

/** Draws of real cells and of the set compared with them. */
export interface Draws {
  readonly real: SideDraws;
  readonly set: SideDraws;
}

/** What each cell adds to a score if it counts once more, in proportion: a first-order account of how the score depends on its sample. */
export interface CellEffects {
  /** One entry a real cell; 0 for a cell that was not used. */
  readonly real: Float64Array;
  /** One entry a cell of the set. */
  readonly set: Float64Array;
}

/**
 * The draws of a set of cells. Real cells are side 0 and are drawn alike for every set that is compared with them, so that a mean over sets has
 * the right spread.
 */
export function sideDraws(set: Pick<CellSet, 'counts' | 'labels'>, draws: number, seed: number, side: number): SideDraws {
  const key = randomKey(seed, 'evaluation/bootstrap');
  const groups = groupCells(set.counts.rows, set.labels, key, side);
  const weights = Array.from({ length: draws }, (_, draw) => drawGroups(groups, new RandomStream(key, side, 0x10000 + draw)));
  return { groups, weights };
}

/** A score on each draw from the effects of the cells: value + sum of weight times effect, effects centred within each label. */
export function linearReplicates(value: number, effects: CellEffects, draws: Draws): Float64Array {
  const replicates = new Float64Array(draws.real.weights.length).fill(value);
  for (const side of ['real', 'set'] as const) addEffects(replicates, effects[side], draws[side]);
  return replicates;
}

function addEffects(replicates: Float64Array, effects: Float64Array, { groups, weights }: SideDraws): void {
  const sums = new Float64Array(groups.groups);
  const used: number[] = [];
  for (const { cells, first, count } of groups.strata) {
    let mean = 0;
    for (const cell of cells) mean += effects[cell] / cells.length;
    for (const cell of cells) sums[groups.groupOf[cell]] += effects[cell] - mean;
    for (let group = first; group < first + count; group++) if (sums[group] !== 0) used.push(group);
  }
  weights.forEach((weight, draw) => {
    for (const group of used) replicates[draw] += weight[group] * sums[group];
  });
}

/** Weight of each cell in one draw. */
export function cellWeights({ groups, weights }: SideDraws, draw: number): Float64Array {
  return Float64Array.from(groups.groupOf, (group) => weights[draw][group]);
}
