import type { NotScored } from '../evaluation/result';
import { meanAndError } from '../evaluation/summary';
import type { Protocol } from '../preprocessing/real-space';
import type { ChromatinFigure, ChromatinScores } from './result';

interface Figure extends Pick<ChromatinFigure, 'id' | 'title' | 'better'> {
  readonly value: (scores: ChromatinScores) => number | null;
}

/** The table of open chromatin: every figure with its replicates' mean and standard error beside floor and baseline. */
export function summariseChromatin(
  protocols: readonly Protocol[],
  scores: readonly ChromatinScores[],
  floor: ChromatinScores | NotScored,
  baseline: ChromatinScores | NotScored,
): ChromatinFigure[] {
  return [...peakFigures, ...protocols.flatMap(distanceFigures)].map(({ id, title, better, value }) => {
    const values = scores.map(value).filter((found) => found !== null);
    const beside = (set: ChromatinScores | NotScored): number | null => ('peaks' in set ? value(set) : null);
    return { id, title, better, ...meanAndError(values), replicates: values.length, floor: beside(floor), baseline: beside(baseline) };
  });
}

const peakFigures: readonly Figure[] = [
  { id: 'atac.agreement', title: 'Label agreement, ATAC', better: 'higher', value: (s) => s.agreement?.overall ?? null },
  { id: 'atac.peaks', title: 'Shares of open peaks, correlation', better: 'higher', value: (s) => s.peaks.correlation },
  {
    id: 'atac.peaks.label',
    title: 'Shares of open peaks, correlation, mean over labels',
    better: 'higher',
    value: (s) => s.peaks.meanOverLabels,
  },
  { id: 'atac.peaks.difference', title: 'Shares of open peaks, mean difference', better: 'lower', value: (s) => s.peaks.meanDifference },
  { id: 'atac.open-peaks', title: 'Open peaks per cell, W1', better: 'lower', value: (s) => s.peaks.openPeaksW1 },
];

function distanceFigures(protocol: Protocol): Figure[] {
  return (
    [
      ['mmd2', 'MMD'],
      ['w2', 'W2'],
    ] as const
  ).flatMap(([measure, name]) => [
    {
      id: `atac.${measure}.${protocol}`,
      title: `${name}, ATAC, all cells, ${protocol}`,
      better: 'lower',
      value: (s) => s.distances[protocol]?.[measure] ?? null,
    },
    {
      id: `atac.${measure}.label.${protocol}`,
      title: `${name}, ATAC, mean over labels, ${protocol}`,
      better: 'lower',
      value: (s) => s.conditional?.[protocol]?.mean?.[measure] ?? null,
    },
  ]);
}
