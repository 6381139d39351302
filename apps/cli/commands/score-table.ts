import { privacyVerdict, type EvaluationResult, type SummaryRow } from '@cfgen/evaluation';
import { sizesText } from '../terminal/library-sizes';
import { figure } from '../terminal/quantities';
import { table } from '../terminal/tables';

/** The figures to look at first; the report has all. */
const shown = [
  ...['auc.forest', 'auc.logistic', 'agreement', 'mmd2.centred', 'w2.centred', 'w2.label.centred', 'gene-mean', 'sparsity'],
  ...['markers.overlap', 'markers.fold-change.markers', 'privacy.training-nearer', 'privacy.membership'],
];

const better: Readonly<Record<SummaryRow['better'], string>> = {
  lower: 'lower is better',
  higher: 'higher is better',
  half: '0.5 is best',
  real: 'near the floor is best',
};

/** The same of open chromatin, where the cells have it. */
const shownOfChromatin = ['atac.agreement', 'atac.peaks.label', 'atac.open-peaks', 'atac.mmd2.centred', 'atac.w2.label.centred'];

/** The main figures of an evaluation beside floor and baseline. */
export function scoreTable({ summary, chromatin }: EvaluationResult, ids: readonly string[] = [...shown, ...shownOfChromatin]): string[] {
  const known: readonly SummaryRow[] = [...summary, ...(chromatin?.summary ?? [])];
  const rows = ids.flatMap((id) => known.find((row) => row.id === id) ?? []).filter(({ mean }) => mean !== null);
  return table(
    [
      ['', 'generated', '95 % interval', 'floor', 'baseline', ''],
      ...rows.map((row) => [
        row.title,
        meanText(row),
        intervalText(row),
        figureText(row.floor),
        figureText(row.baseline),
        better[row.better],
      ]),
    ],
    ['left', 'right', 'left', 'right', 'right', 'left'],
  );
}

/** What the columns of the table say. */
export function howToRead({ floor }: EvaluationResult): string[] {
  if ('reason' in floor) return [`There is no floor, as ${floor.reason}: with --training or --split it says what real cells would score.`];
  const baseline = '"baseline" is a mean profile per label with noise.';
  const auc = 'an AUC of 0.5 means that a classifier cannot tell them apart.';
  if (floor.of === 'training') {
    return [
      '"floor" is what other real cells score against the same test cells: the nearer the generated ones come to it, the better;',
      `${auc} ${baseline}`,
    ];
  }
  return [
    '"floor" is what one half of the real cells scores against the other; distances (MMD, W2) are larger for halves. With --training or',
    `--split it is that of other real cells, and there is a baseline; ${auc}`,
  ];
}

/** Library sizes that came against those asked for, a line for each generated set that carries them. */
export function requestLines({ requests = [], generated }: EvaluationResult): string[] {
  return requests.map(({ name, sizeFactors }) => `Library sizes${generated.length > 1 ? ` of ${name}` : ''}: ${sizesText(sizeFactors)}.`);
}

/** The outcome of the privacy audit. */
export function privacyLines({ privacy }: EvaluationResult): string[] {
  if (!('reason' in privacy)) return [privacyVerdict(privacy)];
  return [`${privacyVerdict(privacy)} With --training or --split it looks for copied training cells.`];
}

function meanText({ mean, sem }: SummaryRow): string {
  return `${figureText(mean)}${sem === null ? '' : ` ± ${figure(sem)}`}`;
}

function intervalText({ interval }: SummaryRow): string {
  return interval === null ? '' : `${figure(interval[0])} .. ${figure(interval[1])}`;
}

function figureText(value: number | null): string {
  return value === null ? '-' : figure(value);
}
