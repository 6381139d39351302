import { cellWeights, type SideDraws } from '../intervals/draws';
import { intervalAround, type Interval, type ScoreRange } from '../intervals/interval';

/** A share with its 95 % interval, `null` when nothing was resampled. */
export interface ShareWithInterval {
  readonly value: number;
  readonly interval: Interval | null;
}

/** Generated cells nearer to their nearest training cell than a quantile of the held-out cells. */
export interface QuantileShare extends ShareWithInterval {
  /** Share of the held-out cells that are as near: what is to be expected of generated cells that copy nothing. */
  readonly expected: number;
  /** The distance that this share of the held-out cells lies below. */
  readonly distance: number;
}

/** Distances of one kind of cells to their nearest training cell. */
export interface NearDistances {
  readonly distances: Float64Array;
  /** How much each cell counts. */
  readonly weights: Float64Array;
  readonly draws: SideDraws;
}

const share: ScoreRange = { least: 0, most: 1 };

/** The chance that a generated cell is nearer to its training cell than a held-out cell is, ties counting half. 0.5 is expected. */
export function chanceOfNearer(generated: NearDistances, heldOut: NearDistances): ShareWithInterval {
  return withInterval(generated, heldOut, chance);
}

/** Share of generated cells below a quantile of the held-out ones. */
export function shareBelowQuantile(generated: NearDistances, heldOut: NearDistances, quantile: number): QuantileShare {
  const found = withInterval(generated, heldOut, (own, other) => shareBelow(own, quantileOf(other, quantile)));
  return { ...found, expected: quantile, distance: quantileOf(ordered(heldOut)(), quantile) };
}

interface Ordered {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

function withInterval(a: NearDistances, b: NearDistances, of: (a: Ordered, b: Ordered) => number): ShareWithInterval {
  const [ofA, ofB] = [ordered(a), ordered(b)];
  const value = of(ofA(), ofB());
  const replicates = Float64Array.from(a.draws.weights, (_, draw) => of(ofA(draw), ofB(draw)));
  return { value, interval: intervalAround(value, replicates, share) };
}

/** Distances in ascending order with their weights, on one draw when it is given. They are sorted once for all draws. */
function ordered({ distances, weights, draws }: NearDistances): (draw?: number) => Ordered {
  const order = Uint32Array.from(distances.keys()).sort((x, y) => distances[x] - distances[y]);
  const values = Float64Array.from(order, (cell) => distances[cell]);
  return (draw) => {
    const drawn = draw === undefined ? weights : cellWeights(draws, draw).map((weight, cell) => weight * weights[cell]);
    return { values, weights: Float64Array.from(order, (cell) => drawn[cell]) };
  };
}

/** P(a < b) + P(a = b) / 2 under the weights. */
function chance(a: Ordered, b: Ordered): number {
  const total = sum(b.weights);
  let below = 0;
  let at = 0;
  let nearer = 0;
  a.values.forEach((value, i) => {
    while (at < b.values.length && b.values[at] < value) below += b.weights[at++];
    let ties = 0;
    for (let j = at; j < b.values.length && b.values[j] === value; j++) ties += b.weights[j];
    nearer += a.weights[i] * (total - below - ties / 2);
  });
  return nearer / (total * sum(a.weights));
}

/** The value that a share of the weight lies at or below. */
function quantileOf({ values, weights }: Ordered, quantile: number): number {
  const wanted = quantile * sum(weights);
  let below = 0;
  for (let at = 0; at < values.length; at++) {
    below += weights[at];
    if (below >= wanted) return values[at];
  }
  return values[values.length - 1];
}

function shareBelow({ values, weights }: Ordered, limit: number): number {
  let below = 0;
  for (let at = 0; at < values.length && values[at] <= limit; at++) below += weights[at];
  return below / sum(weights);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
