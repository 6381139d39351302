import type { EvaluationResult, SummaryRow } from '@cfgen/evaluation';
import { figure } from '../terminal/quantities';
import { table } from '../terminal/tables';

/** The figures to look at first; the report has all. */
const shown = ['auc.forest', 'auc.logistic', 'agreement', 'mmd2.centred', 'w2.centred', 'w2.label.centred', 'gene-mean', 'sparsity'];

const better: Readonly<Record<SummaryRow['better'], string>> = {
  lower: 'lower is better',
  higher: 'higher is better',
  half: '0.5 is best',
  real: 'near the floor is best',
};

/** The main figures of an evaluation beside floor and baseline. */
export function scoreTable({ summary }: EvaluationResult, ids: readonly string[] = shown): string[] {
  const rows = ids.flatMap((id) => summary.find((row) => row.id === id) ?? []).filter(({ mean }) => mean !== null);
  return table(
    [
      ['', 'generated', 'floor', 'baseline', ''],
      ...rows.map((row) => [row.title, meanText(row), figureText(row.floor), figureText(row.baseline), better[row.better]]),
    ],
    ['left', 'right', 'right', 'right', 'left'],
  );
}

/** What the columns of the table say. */
export function howToRead({ floor }: EvaluationResult): string[] {
  if ('reason' in floor) return [`There is no floor, as ${floor.reason}: with --training or --split it says what real cells would score.`];
  return [
    '"floor" is what other real cells score against the same test cells: the nearer the generated ones come to it, the better;',
    'an AUC of 0.5 means that a classifier cannot tell them apart. "baseline" is a mean profile per label with noise.',
  ];
}

function meanText({ mean, sem }: SummaryRow): string {
  return `${figureText(mean)}${sem === null ? '' : ` ± ${figure(sem)}`}`;
}

function figureText(value: number | null): string {
  return value === null ? '-' : figure(value);
}
