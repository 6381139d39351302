import { nearestNeighbours, type DenseMatrix } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { sideDraws } from '../intervals/draws';
import type { EvaluationSettings } from '../evaluation/settings';
import { coordinates, fitRealSpace, type RealSpace } from '../preprocessing/real-space';
import { countCopies, type Copies, type CopyIndex } from './copies';
import { auditDonors } from './donors';
import { attack } from './membership';
import { chanceOfNearer, shareBelowQuantile, type NearDistances, type QuantileShare } from './nearness';
import { privacyLimits, speaksForCopies, type PrivacyOfLabel, type PrivacyOfSet, type PrivacySign } from './result';

/** The training cells, prepared once. */
export interface TrainingReference {
  readonly set: CellSet;
  /**
   * The space of the training cells: neither held-out nor generated cells had a part in it, so that their distances can be compared. In the space
   * of the held-out cells those would lie farther out than any others.
   */
  readonly space: RealSpace;
  readonly coordinates: DenseMatrix;
  readonly index: CopyIndex;
}

/** Cells of a label, on each side, below which it is not audited by itself. */
const fewestCells = 10;
const quantiles = [0.01, 0.05] as const;
/** Training cells compared count by count with each cell. */
const comparedNeighbours = 3;

/** Prepares the training cells; the space is fitted to a seeded subsample of at most `privacyCells`. */
export function trainingReference(set: CellSet, fitted: CellSet, settings: EvaluationSettings, index: CopyIndex): TrainingReference {
  const space = fitRealSpace(fitted.counts, settings.hvg, settings.components);
  return { set, space, coordinates: coordinates(space, set.counts), index };
}

/**
 * Audits one set of cells.
 *
 * @param side tells the draws of sets apart
 */
export function auditSet(
  training: TrainingReference,
  heldOut: CellSet,
  set: CellSet,
  settings: EvaluationSettings,
  side: number,
): PrivacyOfSet {
  const { seed, bootstrap } = settings;
  const k = Math.min(comparedNeighbours, training.set.counts.rows);
  const nearestOf = (cells: CellSet): ReturnType<typeof nearestNeighbours> =>
    nearestNeighbours(coordinates(training.space, cells.counts), training.coordinates, k);
  const found = { set: nearestOf(set), heldOut: nearestOf(heldOut) };
  const copiesOf = (cells: CellSet, nearest: ReturnType<typeof nearestNeighbours>): Copies =>
    countCopies(cells.counts, training.set.counts, training.index, nearest);
  const first = (distances: Float64Array): Float64Array => distances.filter((_, at) => at % k === 0);
  const weights = postStratified(set, heldOut);
  const near: Record<'set' | 'heldOut', NearDistances> = {
    set: { distances: first(found.set.distances), weights: weights.set, draws: sideDraws(set, bootstrap, seed, side) },
    heldOut: { distances: first(found.heldOut.distances), weights: weights.heldOut, draws: sideDraws(heldOut, bootstrap, seed, side + 1) },
  };
  const attacked = attack(training.set, heldOut, set, settings, side + 2);
  const copies = copiesOf(set, found.set);
  const copiesOfHeldOut = { ...copiesOf(heldOut, found.heldOut), cells: heldOut.counts.rows };
  const nearerThanHeldOut = chanceOfNearer(near.set, near.heldOut);
  const nearestTraining = {
    set: { rows: found.set.indices.filter((_, at) => at % k === 0), weights: weights.set },
    heldOut: { rows: found.heldOut.indices.filter((_, at) => at % k === 0), weights: weights.heldOut },
  };
  const signs: PrivacySign[] = [];
  if (moreThanChance(copies.exact, set.counts.rows, copiesOfHeldOut.exact, heldOut.counts.rows)) signs.push('exact-copies');
  if (moreThanChance(copies.near, set.counts.rows, copiesOfHeldOut.near, heldOut.counts.rows)) signs.push('near-copies');
  const belowQuantiles = quantiles.map((quantile) => shareBelowQuantile(near.set, near.heldOut, quantile));
  if (manyBelow(belowQuantiles[0])) signs.push('below-quantile');
  if (speaksForCopies(nearerThanHeldOut)) signs.push('nearer-than-held-out');
  if (attacked.trainingNearer !== null && speaksForCopies(attacked.trainingNearer)) signs.push('training-nearer');
  if (attacked.membership !== null && speaksForCopies(attacked.membership)) signs.push('membership');
  return {
    name: set.name,
    cells: set.counts.rows,
    leftOut: weights.set.filter((weight) => weight === 0).length,
    copies,
    copiesOfHeldOut,
    medianDistance: median(near.set.distances),
    medianDistanceOfHeldOut: median(near.heldOut.distances),
    nearerThanHeldOut,
    belowQuantiles,
    trainingNearer: attacked.trainingNearer,
    membership: attacked.membership,
    labels: labelsOf(set, heldOut, near, attacked.ofLabel),
    donors: auditDonors(training.set, heldOut, nearestTraining, attacked, side + 4),
    signs,
  };
}

/** Distances of the cells to the nearest training cell, for the report's histogram. */
export function nearestDistances(training: TrainingReference, cells: CellSet): Float64Array {
  return nearestNeighbours(coordinates(training.space, cells.counts), training.coordinates, 1).distances;
}

/** Weights that give the held-out cells the labels of the generated ones: cells of different labels lie differently dense. */
function postStratified(set: CellSet, heldOut: CellSet): { set: Float64Array; heldOut: Float64Array } {
  const weights = { set: new Float64Array(set.counts.rows).fill(1), heldOut: new Float64Array(heldOut.counts.rows).fill(1) };
  if (set.labels === undefined || heldOut.labels === undefined) return weights;
  const [own, other] = [cellsByLabel(set.labels), cellsByLabel(heldOut.labels)];
  const shared = [...own.keys()].filter((label) => other.has(label));
  if (shared.length === 0) return weights;
  weights.set.fill(0);
  weights.heldOut.fill(0);
  for (const label of shared) {
    const [cells, reference] = [own.get(label) ?? new Uint32Array(), other.get(label) ?? new Uint32Array()];
    for (const cell of cells) weights.set[cell] = 1;
    for (const cell of reference) weights.heldOut[cell] = cells.length / reference.length;
  }
  return weights;
}

function labelsOf(
  set: CellSet,
  heldOut: CellSet,
  near: Record<'set' | 'heldOut', NearDistances>,
  trainingNearer: (label: string) => PrivacyOfLabel['trainingNearer'],
): PrivacyOfLabel[] | null {
  if (set.labels === undefined || heldOut.labels === undefined) return null;
  const [own, other] = [cellsByLabel(set.labels), cellsByLabel(heldOut.labels)];
  return [...own.keys()].sort().flatMap((label): PrivacyOfLabel[] => {
    const [cells, reference] = [own.get(label) ?? new Uint32Array(), other.get(label) ?? new Uint32Array()];
    if (cells.length < fewestCells || reference.length < fewestCells) return [];
    const only = (side: NearDistances, kept: Uint32Array): NearDistances => {
      const weights = new Float64Array(side.weights.length);
      for (const cell of kept) weights[cell] = 1;
      return { ...side, weights };
    };
    const nearerThanHeldOut = chanceOfNearer(only(near.set, cells), only(near.heldOut, reference));
    return [
      { label, generatedCells: cells.length, heldOutCells: reference.length, nearerThanHeldOut, trainingNearer: trainingNearer(label) },
    ];
  });
}

/** More cells close to training cells than chance puts there, by far and for sure. */
function manyBelow({ value, interval, expected }: QuantileShare): boolean {
  return value > privacyLimits.times * expected && (interval === null || interval[0] > expected);
}

/** More copies than held-out cells have by chance. */
function moreThanChance(copies: number, cells: number, byChance: number, chanceCells: number): boolean {
  return copies > 0 && copies / cells > (privacyLimits.times * byChance) / chanceCells;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
