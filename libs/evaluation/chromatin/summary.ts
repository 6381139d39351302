import type { NotScored } from '../evaluation/not-scored';
import { meanAndError } from '../evaluation/summary';
import { intervalAround, intervalOfMean, type ScoreRange } from '../intervals/interval';
import type { Protocol } from '../preprocessing/real-space';
import type { ChromatinFigure, ChromatinScores } from './result';
import { shownDistances, type ScoredChromatin } from './score-chromatin';

interface Figure extends Pick<ChromatinFigure, 'id' | 'title' | 'better'> {
  readonly range: ScoreRange;
  readonly value: (scores: ChromatinScores) => number | null;
}

const share: ScoreRange = { least: 0, most: 1 };
const correlation: ScoreRange = { least: -1, most: 1 };
const distance: ScoreRange = { least: 0 };

/** The table of open chromatin: every figure with its replicates' mean, standard error and interval beside floor and baseline. */
export function summariseChromatin(
  protocols: readonly Protocol[],
  sets: readonly ScoredChromatin[],
  floor: ScoredChromatin | NotScored,
  baseline: ScoredChromatin | NotScored,
): ChromatinFigure[] {
  return [...peakFigures, ...protocols.flatMap(distanceFigures)].map(({ id, title, better, range, value }) => {
    const found = sets.flatMap(({ scores, replicates }) => {
      const score = value(scores);
      return score === null ? [] : [{ score, draws: replicates.get(id) ?? new Float64Array() }];
    });
    const { mean, sem } = meanAndError(found.map(({ score }) => score));
    const ofFloor = 'scores' in floor ? value(floor.scores) : null;
    return {
      ...{ id, title, better, mean, sem, replicates: found.length },
      interval: mean === null ? null : intervalOfMean(mean, sem, found.length, meanDraws(found.map(({ draws }) => draws)), range),
      floor: ofFloor,
      floorInterval: 'scores' in floor ? intervalAround(ofFloor, floor.replicates.get(id) ?? new Float64Array(), range) : null,
      baseline: 'scores' in baseline ? value(baseline.scores) : null,
    };
  });
}

/** Real cells are drawn alike for every set, so the mean over sets on each draw has the spread of the mean. */
function meanDraws(sets: readonly Float64Array[]): Float64Array {
  const length = Math.min(...sets.map((draws) => draws.length));
  return Float64Array.from({ length }, (_, draw) => sets.reduce((sum, draws) => sum + draws[draw], 0) / sets.length);
}

const peakFigures: readonly Figure[] = [
  { id: 'atac.agreement', title: 'Label agreement, ATAC', better: 'higher', range: share, value: (s) => s.agreement?.overall ?? null },
  { id: 'atac.peaks', title: 'Shares of open peaks, correlation', better: 'higher', range: correlation, value: (s) => s.peaks.correlation },
  {
    id: 'atac.peaks.label',
    title: 'Shares of open peaks, correlation, mean over labels',
    better: 'higher',
    range: correlation,
    value: (s) => s.peaks.meanOverLabels,
  },
  {
    id: 'atac.peaks.difference',
    title: 'Shares of open peaks, mean difference',
    better: 'lower',
    range: share,
    value: (s) => s.peaks.meanDifference,
  },
  { id: 'atac.open-peaks', title: 'Open peaks per cell, W1', better: 'lower', range: distance, value: (s) => s.peaks.openPeaksW1 },
];

function distanceFigures(protocol: Protocol): Figure[] {
  return shownDistances.flatMap((measure) => [
    {
      id: `atac.${measure}.${protocol}`,
      title: `${distanceNames[measure]}, ATAC, all cells, ${protocol}`,
      better: 'lower',
      range: distance,
      value: (s) => s.distances[protocol]?.[measure] ?? null,
    },
    {
      id: `atac.${measure}.label.${protocol}`,
      title: `${distanceNames[measure]}, ATAC, mean over labels, ${protocol}`,
      better: 'lower',
      range: distance,
      value: (s) => s.conditional?.[protocol]?.mean?.[measure] ?? null,
    },
  ]);
}

const distanceNames = { mmd2: 'MMD', w2: 'W2' } as const;
