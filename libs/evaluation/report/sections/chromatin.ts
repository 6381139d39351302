import type { ChromatinFigure, ChromatinResult, ChromatinScores } from '../../chromatin/result';
import type { EvaluationResult } from '../../evaluation/result';
import { html, nothing, type Markup } from '../markup';
import { figure, intervalText, percent, whole } from '../number-format';
import { closeness } from '../readings';

/** What each figure says and what is good, by the part of its id before the protocol. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['atac.agreement', 'Share of cells whose 15 nearest real cells by open chromatin mostly carry the label that was asked for.'],
  ['atac.peaks', 'Are the same peaks open often and seldom? 1 is perfect.'],
  ['atac.peaks.label', 'The same inside each label, then the plain mean over labels. Labels of a few cells score low even for real cells.'],
  ['atac.peaks.difference', 'Difference in the share of cells in which a peak is open. 0 is perfect.'],
  ['atac.open-peaks', 'Difference in the number of open peaks per cell, in peaks. 0 is perfect.'],
  ['atac.mmd2', 'Difference of the two distributions of cells. Depends on the number of cells: compare with the floor.'],
  ['atac.w2', 'Distance between real cells and the generated cells that best match them, far misses weighing more.'],
  ['atac.mmd2.label', 'MMD inside each label, then the plain mean over labels.'],
  ['atac.w2.label', 'W2 inside each label, then the plain mean over labels.'],
]);

/** Open chromatin: every figure beside floor and baseline, and the labels one by one. */
export function chromatin({ chromatin: result, settings }: EvaluationResult): Markup {
  if (result === undefined) return nothing;
  const { space } = result;
  const protocol = settings.protocols.includes('centred') ? 'centred' : 'paper';
  return html`<section>
    <h2>Open chromatin (ATAC)</h2>
    <p>
      ${whole(space.peaks)} peaks, ${result.settings.binarise ? 'open or closed' : 'with their counts'}; real cells have
      ${whole(Math.round(space.meanOpenPeaks))} open peaks on average. Distances are in ${space.components} principal components of the
      TF-IDF of the ${whole(space.highlyVariablePeaks.length)} most variable peaks of the real cells, holding
      ${percent(space.explainedShare)} of its variance; generated cells enter with TF-IDF of their own. “paper” leaves the mean of the real
      cells in the generated coordinates, a constant offset of ${figure(space.uncentredOffset)}. In the baseline each peak is open with its
      share in the label, whatever the other peaks are.
    </p>
    <div class="scroll">${overallTable(result)}</div>
    ${labelTable(result, protocol)}
  </section>`;
}

function overallTable({ summary, scores }: ChromatinResult): Markup {
  return html`<table class="figures">
    <thead>
      <tr>
        <th>Figure</th>
        <th class="n">Generated${scores.length > 1 ? ` (mean ± SEM of ${scores.length})` : ''}</th>
        <th class="n">Floor</th>
        <th class="n">Baseline</th>
        <th>Baseline → floor</th>
        <th>What it says</th>
      </tr>
    </thead>
    <tbody>
      ${summary.filter(({ mean }) => mean !== null).map(row)}
    </tbody>
  </table>`;
}

function row(entry: ChromatinFigure): Markup {
  const spread = entry.sem === null ? '' : ` ± ${figure(entry.sem)}`;
  const share = closeness(entry);
  const bar =
    share === null
      ? html`<span class="none">–</span>`
      : html`<span class="bar" role="img" aria-label="${percent(share)} of the way from baseline to floor"
          ><span style="width:${Math.round(100 * share)}%"></span
        ></span>`;
  return html`<tr>
    <th scope="row">${entry.title}</th>
    <td class="n strong">${figure(entry.mean)}${spread}${small(entry.interval)}</td>
    <td class="n">${figure(entry.floor)}${small(entry.floorInterval)}</td>
    <td class="n">${figure(entry.baseline)}</td>
    <td>${bar}</td>
    <td class="says">${meanings.get(entry.id.replace(/\.(centred|paper)$/, '')) ?? ''}</td>
  </tr>`;
}

/** An interval below its figure. */
function small(interval: ChromatinFigure['interval']): Markup {
  return interval === null ? nothing : html`<small>${intervalText(interval)}</small>`;
}

/** One row a label, of the first replicate, most frequent first. */
function labelTable({ scores, floor }: ChromatinResult, protocol: 'centred' | 'paper'): Markup {
  const [first] = scores;
  const conditional = first.conditional?.[protocol];
  if (conditional === undefined) return nothing;
  const [peaks, floorPeaks] = [peaksByLabel(first), 'peaks' in floor ? peaksByLabel(floor) : new Map<string, number | null>()];
  const floorW2 = new Map('peaks' in floor ? floor.conditional?.[protocol]?.labels.map(({ label, w2 }) => [label, w2]) : []);
  const labels = [...conditional.labels].sort((a, b) => b.realCells - a.realCells);
  return html`<h3>Label by label (protocol “${protocol}”${scores.length > 1 ? ', first replicate' : ''})</h3>
    <div class="scroll">
      <table class="labels">
        <thead>
          <tr>
            <th rowspan="2">Label</th>
            <th class="n" colspan="2">Cells</th>
            <th class="n" colspan="2">W2</th>
            <th class="n" colspan="2">Shares of open peaks, correlation</th>
          </tr>
          <tr>
            <th class="n">real</th>
            <th class="n">generated</th>
            <th class="n">generated</th>
            <th class="n">floor</th>
            <th class="n">generated</th>
            <th class="n">floor</th>
          </tr>
        </thead>
        <tbody>
          ${labels.map(
            ({ label, realCells, generatedCells, w2 }) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td class="n">${whole(realCells)}</td>
                <td class="n">${whole(generatedCells)}</td>
                <td class="n strong">${figure(w2)}</td>
                <td class="n">${figure(floorW2.get(label) ?? null)}</td>
                <td class="n strong">${figure(peaks.get(label) ?? null)}</td>
                <td class="n">${figure(floorPeaks.get(label) ?? null)}</td>
              </tr>`,
          )}
          ${conditional.skipped.map(
            ({ label, realCells, generatedCells, reason }) =>
              html`<tr class="skipped">
                <th scope="row">${label}</th>
                <td class="n">${whole(realCells)}</td>
                <td class="n">${whole(generatedCells)}</td>
                <td colspan="4">not scored: ${reason}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function peaksByLabel({ peaks }: ChromatinScores): Map<string, number | null> {
  return new Map(peaks.labels.map(({ label, correlation }) => [label, correlation]));
}
