import { nearestNeighbours, type DenseMatrix, type NearestNeighbours } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { sideDraws } from '../intervals/draws';
import type { EvaluationSettings } from '../evaluation/settings';
import { coordinates, fitRealSpace, type RealSpace } from '../preprocessing/real-space';
import { selectedCells } from '../references/halves';
import { countCopies, type Copies, type CopyIndex } from './copies';
import { auditDonors } from './donors';
import { attack } from './membership';
import { chanceOfNearer, shareBelowQuantile, type NearDistances, type QuantileShare } from './nearness';
import { privacyLimits, speaksForCopies, type PrivacyOfLabel, type PrivacyOfSet, type PrivacyRemark, type PrivacySign } from './result';
import { median } from '../statistics/averages';

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

/** Cells with their nearest training cells. */
export interface LocatedCells {
  readonly set: CellSet;
  /** Some nearest training cells of each cell; by exact search in the space of the training cells. */
  readonly nearest: NearestNeighbours;
}

/** Finds the nearest training cells of some cells. */
export function locatedCells(training: TrainingReference, set: CellSet): LocatedCells {
  const k = Math.min(comparedNeighbours, training.set.counts.rows);
  return { set, nearest: nearestNeighbours(coordinates(training.space, set.counts), training.coordinates, k) };
}

/** Some of the cells, in the given order. */
export function selectedLocated({ set, nearest }: LocatedCells, rows: Uint32Array, name = set.name): LocatedCells {
  const { k } = nearest;
  const indices = new Int32Array(rows.length * k);
  const distances = new Float64Array(rows.length * k);
  rows.forEach((row, at) => {
    indices.set(nearest.indices.subarray(row * k, (row + 1) * k), at * k);
    distances.set(nearest.distances.subarray(row * k, (row + 1) * k), at * k);
  });
  return { set: selectedCells(set, rows, name), nearest: { k, indices, distances } };
}

/** Distance of each cell to its nearest training cell. */
export function nearestDistances({ nearest }: LocatedCells): Float64Array {
  return nearest.distances.filter((_, at) => at % nearest.k === 0);
}

/**
 * Audits one set of cells.
 *
 * @param side tells the draws of sets apart
 */
export function auditSet(
  training: TrainingReference,
  located: { readonly heldOut: LocatedCells; readonly set: LocatedCells },
  settings: EvaluationSettings,
  side: number,
): PrivacyOfSet {
  const { seed, bootstrap } = settings;
  const { set } = located.set;
  const heldOut = located.heldOut.set;
  const copiesOf = (cells: LocatedCells): Copies => countCopies(cells.set.counts, training.set.counts, training.index, cells.nearest);
  const weights = postStratified(set, heldOut);
  const near: Record<'set' | 'heldOut', NearDistances> = {
    set: { distances: nearestDistances(located.set), weights: weights.set, draws: sideDraws(set, bootstrap, seed, side) },
    heldOut: {
      distances: nearestDistances(located.heldOut),
      weights: weights.heldOut,
      draws: sideDraws(heldOut, bootstrap, seed, side + 1),
    },
  };
  const attacked = attack(training.set, heldOut, set, settings, side + 2);
  const copies = copiesOf(located.set);
  const copiesOfHeldOut = { ...copiesOf(located.heldOut), cells: heldOut.counts.rows };
  const nearerThanHeldOut = chanceOfNearer(near.set, near.heldOut);
  const nearestRows = ({ nearest }: LocatedCells): Int32Array => nearest.indices.filter((_, at) => at % nearest.k === 0);
  const nearestTraining = {
    set: { rows: nearestRows(located.set), weights: weights.set },
    heldOut: { rows: nearestRows(located.heldOut), weights: weights.heldOut },
  };
  const signs: PrivacySign[] = [];
  const remarks: PrivacyRemark[] = [];
  if (moreThanChance(copies.exact, set.counts.rows, copiesOfHeldOut.exact, heldOut.counts.rows)) signs.push('exact-copies');
  if (moreThanChance(copies.near, set.counts.rows, copiesOfHeldOut.near, heldOut.counts.rows)) signs.push('near-copies');
  const belowQuantiles = quantiles.map((quantile) => shareBelowQuantile(near.set, near.heldOut, quantile));
  if (manyBelow(belowQuantiles[0])) remarks.push('below-quantile');
  if (speaksForCopies(nearerThanHeldOut)) remarks.push('nearer-than-held-out');
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
    donors: auditDonors(training.set, heldOut, nearestTraining, attacked, side + 5),
    signs,
    remarks,
  };
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
