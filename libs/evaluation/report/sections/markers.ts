import type { EvaluationResult } from '../../evaluation/result';
import { isScored } from '../../evaluation/result';
import type { MarkerAgreement, MarkersOfLabel } from '../../markers/marker-agreement';
import { html, nothing, type Markup } from '../markup';
import { figure, intervalText, percent, whole } from '../number-format';

/** Marker genes label by label: which of the real ones are markers of the generated cells too. */
export function markers(result: EvaluationResult): Markup {
  const [{ markers: found }] = result.scores;
  if (found === null || found.labels.length + found.skipped.length === 0) return nothing;
  const floor = isScored(result.floor) ? result.floor.markers : null;
  return html`<section>
    <h2>Marker genes</h2>
    <p>
      Up to ${whole(found.count)} genes that are higher in a label than in all other cells, by a t-test with overestimated variance
      (${found.test}) on log-normalised expression, found anew among
      generated${result.scores.length > 1 ? ' cells of the first replicate' : ' cells'}. Good: as many in common as the floor, fold changes
      that correlate, and no marker that is lower in its own label. Labels of few cells have unsteady markers even among real cells: look at
      the floor.
    </p>
    <div class="scroll">${table(found, floor)}</div>
    <details>
      <summary>The markers of each label</summary>
      <dl class="genes">
        ${found.labels.map(
          (label) =>
            html`<dt>${label.label}</dt>
              <dd>${genes(label)}</dd>`,
        )}
      </dl>
      <p class="note">Bold: a marker of the generated cells too.</p>
    </details>
  </section>`;
}

function table(found: MarkerAgreement, floor: MarkerAgreement | null): Markup {
  const floors = new Map(floor?.labels.map((label) => [label.label, label]));
  const rows = [...found.labels].sort((a, b) => b.realCells - a.realCells);
  return html`<table class="labels">
    <thead>
      <tr>
        <th rowspan="2">Label</th>
        <th class="n" colspan="2">Cells</th>
        <th class="n" colspan="3">Markers in common</th>
        <th class="n" rowspan="2">Raised in their label</th>
        <th class="n" colspan="2">Fold changes, correlation</th>
        <th class="n" rowspan="2">Marker profile, correlation</th>
      </tr>
      <tr>
        <th class="n">real</th>
        <th class="n">generated</th>
        <th class="n">generated</th>
        <th class="n">95 % interval</th>
        <th class="n">floor</th>
        <th class="n">of markers</th>
        <th class="n">of variable genes</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((label) => row(label, floors.get(label.label)))}
      ${found.skipped.map(
        ({ label, realCells, generatedCells, reason }) =>
          html`<tr class="skipped">
            <th scope="row">${label}</th>
            <td class="n">${whole(realCells)}</td>
            <td class="n">${whole(generatedCells)}</td>
            <td colspan="7">not compared: ${reason}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function row(label: MarkersOfLabel, floor: MarkersOfLabel | undefined): Markup {
  const share = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : percent(value));
  return html`<tr>
    <th scope="row">${label.label}</th>
    <td class="n">${whole(label.realCells)}</td>
    <td class="n">${whole(label.generatedCells)}</td>
    <td class="n strong">${share(label.overlap)}</td>
    <td class="n">${intervalText(label.intervals?.overlap ?? null, percent)}</td>
    <td class="n">${share(floor?.overlap)}</td>
    <td class="n">${share(label.signAgreement)}</td>
    <td class="n">${figure(label.markerFoldChangePearson)}</td>
    <td class="n">${figure(label.foldChangePearson)}</td>
    <td class="n">${figure(label.profilePearson)}</td>
  </tr>`;
}

function genes({ markers: names, shared }: MarkersOfLabel): readonly Markup[] {
  const found = new Set(shared);
  return names.map((name, at) => {
    const end = at + 1 < names.length ? ', ' : '';
    return found.has(name) ? html`<b>${name}</b>${end}` : html`${name}${end}`;
  });
}
