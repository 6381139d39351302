import { nearestNeighbours, type DenseMatrix, type NearestNeighbours } from '@cfgen/math';
import { cellsByLabel, type CellSet } from '../cells/cell-set';
import { areaEffects, areaUnderCurve } from '../classification/area-under-curve';
import type { EvaluationSettings } from '../evaluation/settings';
import { cellWeights, linearReplicates, sideDraws, type Draws } from '../intervals/draws';
import { intervalAround } from '../intervals/interval';
import { coordinates, fitRealSpace } from '../preprocessing/real-space';
import { matchingTrainingCells } from '../references/matching-cells';
import type { ShareWithInterval } from './nearness';
import type { ShareOfCells } from './result';

/** What somebody finds who has the generated cells, and cells that may or may not have been trained on. */
export interface Attack {
  readonly membership: ShareOfCells | null;
  readonly trainingNearer: ShareOfCells | null;
  /** `trainingNearer` of the generated cells of a label. */
  readonly ofLabel: (label: string) => ShareWithInterval | null;
  /** The attack on other training and held-out cells, of equal label counts. */
  readonly membershipOf: (members: CellSet, others: CellSet, side: number) => ShareOfCells | null;
}

/** Cells of each side below which nothing is said. */
const fewestCells = 10;

/** As many cells of each label from both sides, drawn by the seed: what is left differs only in whether the model saw it. */
export function equalParts(members: CellSet, others: CellSet, seed: number): [CellSet, CellSet] {
  const ofMembers = matchingTrainingCells(others, members, seed).cells;
  return [ofMembers, matchingTrainingCells(ofMembers, others, seed).cells];
}

/**
 * The attack: distances are measured in the space of the generated cells, which is all that an attacker has, and in which training and held-out
 * cells are alike.
 */
export function attack(training: CellSet, heldOut: CellSet, set: CellSet, settings: EvaluationSettings, side: number): Attack {
  const space = fitRealSpace(set.counts, settings.hvg, settings.components);
  // Cells that are all the same have no space.
  if (space.components.variances.length === 0) {
    return { membership: null, trainingNearer: null, ofLabel: () => null, membershipOf: () => null };
  }
  const own = space.components.scores;
  const locatedParts = (some: CellSet, other: CellSet): Attacked => {
    const [members, others] = equalParts(some, other, settings.seed).map((part) => ({ ...part, points: coordinates(space, part.counts) }));
    return { members, others };
  };
  const membershipOf: Attack['membershipOf'] = (some, other, at) => areaOf(own, locatedParts(some, other), settings, at);
  const attacked = locatedParts(training, heldOut);
  const nearer = cellsOf(attacked) < fewestCells ? null : nearerToMembers(own, attacked, set, settings, side);
  const whole = nearer?.(undefined) ?? null;
  return {
    membership: areaOf(own, attacked, settings, side),
    trainingNearer: whole === null ? null : { ...whole, cells: attacked.members.points.rows },
    ofLabel: (label) => nearer?.(label) ?? null,
    membershipOf,
  };
}

/** Cells with where they lie in the space of the generated cells. */
interface Located extends CellSet {
  readonly points: DenseMatrix;
}

interface Attacked {
  readonly members: Located;
  readonly others: Located;
}

/** Cells of the smaller side. */
function cellsOf({ members, others }: Attacked): number {
  return Math.min(members.points.rows, others.points.rows);
}

function areaOf(own: DenseMatrix, attacked: Attacked, settings: EvaluationSettings, side: number): ShareOfCells | null {
  if (cellsOf(attacked) < fewestCells) return null;
  const { members, others } = attacked;
  const cells = members.points.rows;
  const scores = new Float64Array(cells + others.points.rows);
  const isMember = Uint8Array.from(scores, (_, i) => (i < cells ? 1 : 0));
  [members, others].forEach(({ points }, at) => {
    const { distances } = nearestNeighbours(points, own, 1);
    distances.forEach((distance, i) => (scores[at * cells + i] = -distance));
  });
  const value = areaUnderCurve(scores, isMember);
  if (value === null) return null;
  const effects = areaEffects(scores, isMember);
  const draws = drawsOf(attacked, settings, side);
  const replicates = linearReplicates(value, { real: effects.slice(0, cells), set: effects.slice(cells) }, draws);
  return { value, interval: intervalAround(value, replicates, { least: 0, most: 1 }), cells };
}

function drawsOf({ members, others }: Attacked, { bootstrap, seed }: EvaluationSettings, side: number): Draws {
  return { real: sideDraws(members, bootstrap, seed, side), set: sideDraws(others, bootstrap, seed, side + 1) };
}

/** Neighbours kept of each generated cell: on a draw the nearest of them may be missing. */
const keptNeighbours = 10;

/**
 * Share of generated cells (of a label) whose nearest real cell is a member. On each draw the real and the generated cells are resampled, and each
 * generated cell goes to the nearest real cell that was drawn: where many gather around one real cell, the share depends on that cell alone,
 * and its interval is wide.
 */
function nearerToMembers(
  own: DenseMatrix,
  attacked: Attacked,
  set: CellSet,
  settings: EvaluationSettings,
  side: number,
): (label: string | undefined) => ShareWithInterval | null {
  const sides = [attacked.members, attacked.others].map(({ points }) =>
    nearestNeighbours(own, points, Math.min(keptNeighbours, points.rows)),
  );
  const draws = drawsOf(attacked, settings, side);
  const ofSet = sideDraws(set, settings.bootstrap, settings.seed, side + 2);
  const outcomes = draws.real.weights.map((_, draw) => ({
    members: outcomesOf(sides, [cellWeights(draws.real, draw), cellWeights(draws.set, draw)]),
    weights: cellWeights(ofSet, draw),
  }));
  const plain = outcomesOf(sides, [undefined, undefined]);
  const byLabel = cellsByLabel(set.labels);
  return (label) => {
    const cells = label === undefined ? Uint32Array.from({ length: own.rows }, (_, i) => i) : (byLabel.get(label) ?? new Uint32Array());
    if (cells.length < fewestCells) return null;
    const share = (of: Float64Array, weights?: Float64Array): number => {
      let sum = 0;
      let total = 0;
      for (const cell of cells) {
        const weight = weights?.[cell] ?? 1;
        sum += weight * of[cell];
        total += weight;
      }
      return sum / total;
    };
    const value = share(plain);
    const replicates = Float64Array.from(outcomes, ({ members: drawn, weights }) => share(drawn, weights));
    return { value, interval: intervalAround(value, replicates, { least: 0, most: 1 }) };
  };
}

/** For each generated cell 1 when the nearest real cell that was drawn is a member, 0 when not, 0.5 for a tie. */
function outcomesOf(sides: readonly NearestNeighbours[], drawn: readonly (Float64Array | undefined)[]): Float64Array {
  const [toMembers, toOthers] = sides.map(({ k, indices, distances }, at) => {
    const weights = drawn[at];
    return Float64Array.from({ length: indices.length / k }, (_, cell) => {
      let place = cell * k;
      const last = place + k - 1;
      while (weights !== undefined && place < last && weights[indices[place]] === 0) place++;
      return distances[place];
    });
  });
  return toMembers.map((distance, cell) => (distance === toOthers[cell] ? 0.5 : distance < toOthers[cell] ? 1 : 0));
}
