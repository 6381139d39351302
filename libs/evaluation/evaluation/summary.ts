import type { Protocol } from '../preprocessing/real-space';
import { isScored, type NotScored, type SetScores } from './result';
import type { Direction, SummaryRow } from './summary-row';

interface Figure {
  readonly id: string;
  readonly title: string;
  readonly better: Direction;
  readonly value: (scores: SetScores) => number | null;
}

/** The figures of the overall table in its order. */
function figures(protocols: readonly Protocol[]): Figure[] {
  return [
    { id: 'auc.forest', title: 'Classifier AUC, random forest', better: 'half', value: (s) => s.classifiers.randomForestAuc },
    { id: 'auc.logistic', title: 'Classifier AUC, logistic regression', better: 'half', value: (s) => s.classifiers.logisticAuc },
    { id: 'agreement', title: 'Label agreement', better: 'higher', value: (s) => s.agreement?.overall ?? null },
    ...protocols.flatMap(distanceFigures),
    { id: 'gene-mean', title: 'Gene means, rank correlation', better: 'higher', value: (s) => s.realism.geneMeanSpearman },
    { id: 'gene-variance', title: 'Gene variances, rank correlation', better: 'higher', value: (s) => s.realism.geneVarianceSpearman },
    { id: 'gene-variance.pearson', title: 'Gene variances, correlation', better: 'higher', value: (s) => s.realism.geneVariancePearson },
    { id: 'sparsity', title: 'Zero genes per cell, W1', better: 'lower', value: (s) => s.realism.sparsityW1 },
    {
      id: 'zero-fraction',
      title: 'Zero share per gene, mean difference',
      better: 'lower',
      value: (s) => s.realism.meanZeroFractionDifference,
    },
    { id: 'library-size', title: 'Library sizes (log10), W1', better: 'lower', value: (s) => s.realism.librarySizeW1 },
    { id: 'largest-count', title: 'Largest count', better: 'real', value: (s) => s.realism.largestCount },
  ];
}

function distanceFigures(protocol: Protocol): Figure[] {
  const over = `, ${protocol}`;
  return [
    { id: `mmd2.${protocol}`, title: `MMD, all cells${over}`, better: 'lower', value: (s) => s.distances[protocol]?.mmd2 ?? null },
    {
      id: `mmd2-unbiased.${protocol}`,
      title: `MMD unbiased, all cells${over}`,
      better: 'lower',
      value: (s) => s.distances[protocol]?.mmd2Unbiased ?? null,
    },
    { id: `w1.${protocol}`, title: `W1, all cells${over}`, better: 'lower', value: (s) => s.distances[protocol]?.w1 ?? null },
    { id: `w2.${protocol}`, title: `W2, all cells${over}`, better: 'lower', value: (s) => s.distances[protocol]?.w2 ?? null },
    {
      id: `mmd2.label.${protocol}`,
      title: `MMD, mean over labels${over}`,
      better: 'lower',
      value: (s) => s.conditional?.[protocol]?.mean?.mmd2 ?? null,
    },
    {
      id: `w1.label.${protocol}`,
      title: `W1, mean over labels${over}`,
      better: 'lower',
      value: (s) => s.conditional?.[protocol]?.mean?.w1 ?? null,
    },
    {
      id: `w2.label.${protocol}`,
      title: `W2, mean over labels${over}`,
      better: 'lower',
      value: (s) => s.conditional?.[protocol]?.mean?.w2 ?? null,
    },
  ];
}

/** The overall table: every figure with its replicates' mean and standard error beside floor and baseline. */
export function summarise(
  protocols: readonly Protocol[],
  scores: readonly SetScores[],
  floor: SetScores | NotScored,
  baseline: SetScores | NotScored,
): SummaryRow[] {
  return figures(protocols).map(({ id, title, better, value }) => {
    const values = scores.map(value).filter((found) => found !== null);
    return {
      id,
      title,
      better,
      ...meanAndError(values),
      replicates: values.length,
      floor: isScored(floor) ? value(floor) : null,
      baseline: isScored(baseline) ? value(baseline) : null,
    };
  });
}

/** Mean and standard error sd (ddof 1) / sqrt(n) of replicates. */
export function meanAndError(values: readonly number[]): { mean: number | null; sem: number | null } {
  const n = values.length;
  if (n === 0) return { mean: null, sem: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, sem: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, sem: Math.sqrt(variance / n) };
}
