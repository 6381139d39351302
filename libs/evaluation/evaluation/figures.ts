import type { ResampledDistance } from '../distances/set-distances';
import type { ScoreRange } from '../intervals/interval';
import type { MarkerFigures } from '../markers/marker-agreement';
import type { Protocol } from '../preprocessing/real-space';
import type { SetScores } from './result';
import type { Direction } from './summary-row';

/** A figure of the overall table. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly better: Direction;
  readonly range: ScoreRange;
  readonly value: (scores: SetScores) => number | null;
}

const share: ScoreRange = { least: 0, most: 1 };
const correlation: ScoreRange = { least: -1, most: 1 };
const distance: ScoreRange = { least: 0 };

/** The figures of the overall table in its order. */
export function figures(protocols: readonly Protocol[]): Figure[] {
  return [
    figure('auc.forest', 'Classifier AUC, random forest', 'half', share, (s) => s.classifiers.randomForestAuc),
    figure('auc.logistic', 'Classifier AUC, logistic regression', 'half', share, (s) => s.classifiers.logisticAuc),
    figure('agreement', 'Label agreement', 'higher', share, (s) => s.agreement?.overall ?? null),
    ...protocols.flatMap(distanceFigures),
    figure('gene-mean', 'Gene means, rank correlation', 'higher', correlation, (s) => s.realism.geneMeanSpearman),
    figure('gene-variance', 'Gene variances, rank correlation', 'higher', correlation, (s) => s.realism.geneVarianceSpearman),
    figure('gene-variance.pearson', 'Gene variances, correlation', 'higher', correlation, (s) => s.realism.geneVariancePearson),
    figure('sparsity', 'Zero genes per cell, W1', 'lower', distance, (s) => s.realism.sparsityW1),
    figure('zero-fraction', 'Zero share per gene, mean difference', 'lower', distance, (s) => s.realism.meanZeroFractionDifference),
    figure('library-size', 'Library sizes (log10), W1', 'lower', distance, (s) => s.realism.librarySizeW1),
    figure('largest-count', 'Largest count', 'real', distance, (s) => s.realism.largestCount),
    ...Object.values(markerFigureOf),
  ];
}

/** The figures of marker genes, by the name they have in the result. */
export const markerFigureOf: Readonly<Record<keyof MarkerFigures, Figure>> = {
  overlap: figure('markers.overlap', 'Markers in common, mean over labels', 'higher', share, (s) => s.markers?.mean?.overlap ?? null),
  foldChangeSpearman: figure('markers.fold-change', 'Fold changes, rank correlation', 'higher', correlation, (s) => {
    return s.markers?.mean?.foldChangeSpearman ?? null;
  }),
  foldChangePearson: figure('markers.fold-change.pearson', 'Fold changes, correlation', 'higher', correlation, (s) => {
    return s.markers?.mean?.foldChangePearson ?? null;
  }),
  markerFoldChangePearson: figure('markers.fold-change.markers', 'Fold changes of markers, correlation', 'higher', correlation, (s) => {
    return s.markers?.mean?.markerFoldChangePearson ?? null;
  }),
  signAgreement: figure('markers.sign', 'Markers raised in their label', 'higher', share, (s) => s.markers?.mean?.signAgreement ?? null),
  profilePearson: figure('markers.profile', 'Marker profile of labels, correlation', 'higher', correlation, (s) => {
    return s.markers?.mean?.profilePearson ?? null;
  }),
};

/** Parts of the ids of distances, by the name they have in the result. */
export const distanceIds: Readonly<Record<ResampledDistance, string>> = {
  mmd2: 'mmd2',
  mmd2Unbiased: 'mmd2-unbiased',
  w1: 'w1',
  w2: 'w2',
};

/** Values that a distance can have. */
export function rangeOfDistance(name: ResampledDistance): ScoreRange {
  return name === 'mmd2Unbiased' ? {} : distance;
}

const titles: Readonly<Record<ResampledDistance, string>> = { mmd2: 'MMD', mmd2Unbiased: 'MMD unbiased', w1: 'W1', w2: 'W2' };

function distanceFigures(protocol: Protocol): Figure[] {
  const names = ['mmd2', 'mmd2Unbiased', 'w1', 'w2'] as const;
  return [
    ...names.map((name) =>
      figure(`${distanceIds[name]}.${protocol}`, `${titles[name]}, all cells, ${protocol}`, 'lower', rangeOfDistance(name), (s) => {
        return s.distances[protocol]?.[name] ?? null;
      }),
    ),
    ...names
      .filter((name) => name !== 'mmd2Unbiased')
      .map((name) =>
        figure(`${distanceIds[name]}.label.${protocol}`, `${titles[name]}, mean over labels, ${protocol}`, 'lower', distance, (s) => {
          return s.conditional?.[protocol]?.mean?.[name] ?? null;
        }),
      ),
  ];
}

function figure(id: string, title: string, better: Direction, range: ScoreRange, value: Figure['value']): Figure {
  return { id, title, better, range, value };
}
