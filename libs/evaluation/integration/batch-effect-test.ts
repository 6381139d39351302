import { chiSquareUpperTail, strongComponents, type NearestNeighbours } from '@cfgen/math';
import { diffusionMap } from './diffusion-map';
import { subgraph, type WeightedGraph } from './fuzzy-connectivities';
import { groupsWithin, membersOf, type Groups } from './groups';
import { withSelf, type NeighbourOptions } from './neighbours';
import type { LabelScores } from './silhouette-scores';
import { meanOfKnown } from '../statistics/averages';

/** A neighbourhood is accepted when its batches differ from the expected ones with at least this p-value. */
const significance = 0.05;
/** Labels with fewer cells are not tested. */
const fewestCells = 10;
/** Share of a label's cells that must lie in components large enough to be tested. */
const testedShare = 0.75;

/** Result of kBET. */
export interface BatchEffectTest {
  /** Share of cells whose neighbourhood is accepted. */
  readonly acceptance: number;
  /** Chi-square statistic and p-value of each cell. */
  readonly statistics: Float64Array;
  readonly pValues: Float64Array;
}

/**
 * kBET: whether the batches among each cell's neighbours are those of the whole, by a chi-square test of each cell.
 * Buettner et al., Nature Methods 16:43-49, 2019.
 *
 * @param neighbours each cell's nearest, the cell itself among them
 */
export function batchEffectTest({ k, indices }: NearestNeighbours, batches: Groups): BatchEffectTest {
  const cells = batches.codes.length;
  const expected = Float64Array.from(batches.sizes, (size) => (k * size) / cells);
  const observed = new Int32Array(expected.length);
  const statistics = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    observed.fill(0);
    for (let j = i * k; j < (i + 1) * k; j++) observed[batches.codes[indices[j]]]++;
    for (let b = 0; b < expected.length; b++) statistics[i] += (observed[b] - expected[b]) ** 2 / expected[b];
  }
  const pValues = statistics.map((statistic) => chiSquareUpperTail(statistic, expected.length - 1));
  return { acceptance: pValues.filter((p) => p >= significance).length / cells, statistics, pValues };
}

/**
 * kBET within each label, as scIB has it, in float64: neighbours are those of the diffusion map of the label's part of the graph. Then the plain mean
 * over labels. A label that cannot be tested has no value and its reason, not a perfect score; one that falls apart into components too small
 * to be tested scores 0.
 *
 * Published values come from float32 eigenvectors and differ: there a rounding error can become the scale of a coordinate.
 */
export function batchEffectPerLabel(graph: WeightedGraph, labels: Groups, batches: Groups, options: NeighbourOptions): LabelScores {
  const scores = membersOf(labels).map((cells, label) => ({
    label: labels.names[label],
    ...labelScore(graph, cells, batches, options),
  }));
  return { score: meanOfKnown(scores.map(({ value }) => value)), labels: scores };
}

function labelScore(
  graph: WeightedGraph,
  cells: Int32Array,
  batches: Groups,
  options: NeighbourOptions,
): { readonly value: number | null; readonly reason?: string } {
  const own = groupsWithin(batches, cells);
  if (cells.length < fewestCells) return { value: null, reason: `it has ${cells.length} cells, fewer than ${fewestCells}` };
  if (own.names.length < 2) return { value: null, reason: 'all its cells are of one batch' };
  const size = neighbourhoodSize(cells.length, own.names.length);
  const whole = subgraph(graph, cells);
  const { of, sizes, count } = strongComponents(whole);
  const kept = count === 1 ? of.map((_, at) => at) : Int32Array.from(of.keys()).filter((at) => sizes[of[at]] >= 3 * size);
  if (kept.length < testedShare * cells.length) return { value: 0 };
  if (size + 1 > kept.length) {
    return { value: null, reason: `its ${kept.length} cells are too few for ${size} neighbours of each` };
  }
  const tested = groupsWithin(own, kept);
  if (tested.names.length < 2) return { value: null, reason: 'its connected cells are of one batch' };
  const coordinates = diffusionMap(subgraph(whole, kept));
  return { value: batchEffectTest(withSelf(coordinates, size + 1, options).neighbours, tested).acceptance };
}

/** A quarter of the mean batch, 10 to 70 cells. */
function neighbourhoodSize(cells: number, batches: number): number {
  return Math.min(70, Math.max(10, Math.floor(cells / batches / 4)));
}
