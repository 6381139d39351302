import type { AgreementOfLabel } from '../classification/label-agreement';
import { isScored, type EvaluationResult, type NotScored, type SetScores } from '../evaluation/result';
import type { SummaryRow } from '../evaluation/summary-row';
import type { Protocol } from '../preprocessing/real-space';
import { html, nothing, type Markup } from './markup';
import { figure, intervalText, percent, whole } from './number-format';
import { closeness, meaningOf } from './readings';

interface Group {
  readonly title: string;
  readonly holds: (id: string) => boolean;
}

const groups: readonly Group[] = [
  { title: 'Can they be told apart?', holds: (id) => id.startsWith('auc') || id === 'agreement' },
  { title: 'Distance to the real cells (protocol “centred”)', holds: (id) => id.endsWith('.centred') },
  { title: 'Genes and cells one by one', holds: (id) => !/^auc|^agreement|^markers|^privacy|\.(centred|paper)$/.test(id) },
  { title: 'Marker genes of the labels', holds: (id) => id.startsWith('markers') },
  { title: 'Copies of training cells (0.5: none)', holds: (id) => id.startsWith('privacy') },
  { title: 'Distance under protocol “paper”, for comparison with published tables only', holds: (id) => id.endsWith('.paper') },
];

/** Every figure with floor, baseline and what it means. */
export function overallTable(result: EvaluationResult): Markup {
  const { summary } = result;
  const replicated = result.scores.length > 1;
  const bodies = groups.map(({ title, holds }) => {
    const rows = summary.filter((row) => holds(row.id) && row.mean !== null);
    if (rows.length === 0) return nothing;
    return html`<tbody>
      <tr class="group">
        <th colspan="7">${title}</th>
      </tr>
      ${rows.map((row) => overallRow(row))}
    </tbody>`;
  });
  return html`<table class="figures">
    <thead>
      <tr>
        <th>Figure</th>
        <th class="n">Generated${replicated ? ` (mean ± SEM of ${result.scores.length})` : ''}</th>
        <th class="n">95 % interval</th>
        <th class="n">Floor</th>
        <th class="n">Baseline</th>
        <th>Baseline → floor</th>
        <th>What it says</th>
      </tr>
    </thead>
    ${bodies}
  </table>`;
}

function overallRow(row: SummaryRow): Markup {
  const spread = row.sem === null ? '' : ` ± ${figure(row.sem)}`;
  return html`<tr>
    <th scope="row">${row.title.replace(/, (centred|paper)$/, '')}</th>
    <td class="n strong">${figure(row.mean)}${spread}</td>
    <td class="n">${intervalText(row.interval)}</td>
    <td class="n">${figure(row.floor)}${small(row.floorInterval)}</td>
    <td class="n">${figure(row.baseline)}</td>
    <td>${bar(closeness(row))}</td>
    <td class="says">${meaningOf(row)}</td>
  </tr>`;
}

/** An interval below its figure. */
function small(interval: SummaryRow['interval']): Markup {
  return interval === null ? nothing : html`<small>${intervalText(interval)}</small>`;
}

function bar(share: number | null): Markup {
  if (share === null) return html`<span class="none">–</span>`;
  return html`<span class="bar" role="img" aria-label="${percent(share)} of the way from baseline to floor"
    ><span style="width:${Math.round(100 * share)}%"></span
  ></span>`;
}

/** One row a label under one protocol, most frequent first. */
export function labelTable(result: EvaluationResult, protocol: Protocol): Markup {
  const [scores] = result.scores;
  const conditional = scores.conditional?.[protocol];
  if (conditional === undefined) return html`<p>There are no labels on both sides, so nothing is scored label by label.</p>`;
  const reference = (set: SetScores | NotScored): Map<string, number> =>
    new Map(isScored(set) ? set.conditional?.[protocol]?.labels.map(({ label, w2 }) => [label, w2]) : []);
  const agreementOf = (set: SetScores | NotScored): Map<string, AgreementOfLabel> =>
    new Map(isScored(set) ? set.agreement?.labels.map((entry) => [entry.label, entry]) : []);
  const [floor, baseline] = [reference(result.floor), reference(result.baseline)];
  const [agreement, floorAgreement] = [agreementOf(scores), agreementOf(result.floor)];
  const rows = [...conditional.labels].sort((a, b) => b.realCells - a.realCells);
  return html`<table class="labels">
    <thead>
      <tr>
        <th rowspan="2">Label</th>
        <th class="n" colspan="2">Cells</th>
        <th class="n" rowspan="2">MMD</th>
        <th class="n" colspan="3">W2</th>
        <th class="n" colspan="2">Label agreement</th>
      </tr>
      <tr>
        <th class="n">real</th>
        <th class="n">generated</th>
        <th class="n">generated</th>
        <th class="n">floor</th>
        <th class="n">baseline</th>
        <th class="n">generated</th>
        <th class="n">floor</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ label, realCells, generatedCells, mmd2, w2, intervals }) =>
          html`<tr>
            <th scope="row">${label}</th>
            <td class="n">${whole(realCells)}</td>
            <td class="n">${whole(generatedCells)}</td>
            <td class="n">${figure(mmd2)}</td>
            <td class="n strong">${figure(w2)}${small(intervals?.w2 ?? null)}</td>
            <td class="n">${figure(floor.get(label) ?? null)}</td>
            <td class="n">${figure(baseline.get(label) ?? null)}</td>
            <td class="n strong">${share(agreement.get(label)?.agreement)}${smallShare(agreement.get(label)?.interval ?? null)}</td>
            <td class="n">${share(floorAgreement.get(label)?.agreement)}</td>
          </tr>`,
      )}
      ${conditional.skipped.map(
        ({ label, realCells, generatedCells, reason }) =>
          html`<tr class="skipped">
            <th scope="row">${label}</th>
            <td class="n">${whole(realCells)}</td>
            <td class="n">${whole(generatedCells)}</td>
            <td colspan="6">not scored: ${reason}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function smallShare(interval: SummaryRow['interval']): Markup {
  return interval === null ? nothing : html`<small>${intervalText(interval, percent)}</small>`;
}

function share(value: number | undefined): string {
  return value === undefined ? '–' : percent(value);
}
