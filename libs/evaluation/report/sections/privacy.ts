import type { EvaluationResult } from '../../evaluation/result';
import type { ShareWithInterval } from '../../privacy/nearness';
import type { PrivacyAudit, PrivacyByDonor, PrivacyOfSet, ShareOfCells } from '../../privacy/result';
import { privacyVerdict } from '../../privacy/verdict';
import { histogramChart } from '../histogram-chart';
import { html, nothing, type Markup } from '../markup';
import { figure, intervalText, percent, whole } from '../number-format';
import type { PlotData } from '../plot-data';

/** Whether training cells are copied: the verdict, every test beside what is expected, labels and donors. */
export function privacy({ privacy: audit }: EvaluationResult, plots: PlotData): Markup {
  if ('reason' in audit) {
    return html`<section>
      <h2>Copies of training cells</h2>
      <p>${privacyVerdict(audit)}</p>
    </section>`;
  }
  return html`<section>
    <h2>Copies of training cells</h2>
    <p class="${audit.passed ? 'outcome' : 'outcome bad'}">${privacyVerdict(audit)}</p>
    <p>
      Held-out cells are what the model cannot have copied: generated cells should lie as near to training cells as these do. Distances are
      in ${whole(audit.components)} principal components of ${whole(audit.hvg)} variable genes of the training cells; those of the attack in
      components of the generated cells, which is all that an attacker has. A test speaks for copies when its share is above
      ${figure(audit.limits.share)} and its interval leaves 0.5 below it, or when there are more than ${whole(audit.limits.times)} times as
      many copies as among held-out cells.
    </p>
    ${chartOf(plots)}
    ${audit.sets.map(
      (set) =>
        html`<h3>${set.name}</h3>
          <div class="scroll">${tests(set, audit.floor)}</div>
          ${labels(set)} ${set.donors === null ? nothing : donors(set.donors)}`,
    )}
  </section>`;
}

function chartOf({ privacy: distances }: PlotData): Markup {
  if (distances === undefined) return nothing;
  const options = {
    title: 'Distance to the nearest training cell',
    axis: 'distance to the nearest training cell',
    names: ['Held-out', 'Generated'] as const,
  };
  return html`<div class="pair">
    <figure>
      ${histogramChart(distances.heldOut, distances.generated, options)}
      <figcaption>
        Distance of each cell to its nearest training cell. Good: the two shapes cover each other. A peak of the generated cells at the left
        end are copies; a shape further left as a whole are cells of too little variability, or near copies.
      </figcaption>
    </figure>
  </div>`;
}

function tests(set: PrivacyOfSet, floor: PrivacyAudit['floor']): Markup {
  const count = (copies: number, cells: number): string => `${whole(copies)} of ${whole(cells)}`;
  const held = set.copiesOfHeldOut;
  return html`<table class="figures">
    <thead>
      <tr>
        <th>Test</th>
        <th class="n">Generated</th>
        <th class="n">95 % interval</th>
        <th class="n">Expected</th>
        <th class="n">Floor</th>
        <th>What it says</th>
      </tr>
    </thead>
    <tbody>
      ${plainRow('Exact copies', count(set.copies.exact, set.cells), count(held.exact, held.cells), 'Cells with the counts of a training cell, gene by gene; expected: those of held-out cells.')}
      ${plainRow('Near copies', count(set.copies.near, set.cells), count(held.near, held.cells), 'Cells that differ from a training cell near them in at most 5 % of their counts.')}
      ${set.belowQuantiles.map((share, at) =>
        shareRow(
          `Nearer than ${percent(share.expected)} of held-out cells`,
          share,
          percent(share.expected),
          floor?.belowQuantiles[at],
          `Share of cells within ${figure(share.distance)} of a training cell, as ${percent(share.expected)} of the held-out cells are.`,
        ),
      )}
      ${shareRow('Nearer than held-out cells', set.nearerThanHeldOut, '0.500', floor?.nearerThanHeldOut, 'Chance that a generated cell is nearer to its training cell than a held-out cell to its own. High for copies, and for cells of too little variability.')}
      ${shareRow('Training cells nearer than held-out cells', set.trainingNearer, '0.500', floor?.trainingNearer, 'Share of generated cells whose nearest cell is a training cell, among equal numbers of both. Lost variability does not move it.')}
      ${shareRow('Membership attack, AUC', set.membership, '0.500', floor?.membership, 'How well training cells are told from held-out ones by their distance to the nearest generated cell.')}
    </tbody>
  </table>`;
}

function plainRow(name: string, found: string, expected: string, says: string): Markup {
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="n strong">${found}</td>
    <td class="n">–</td>
    <td class="n">${expected}</td>
    <td class="n">–</td>
    <td class="says">${says}</td>
  </tr>`;
}

function shareRow(
  name: string,
  share: ShareWithInterval | ShareOfCells | null,
  expected: string,
  floor: ShareWithInterval | null | undefined,
  says: string,
): Markup {
  const text = (value: number | undefined): string =>
    value === undefined ? '–' : expected.endsWith('%') ? `${figure(100 * value)} %` : figure(value);
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="n strong">${text(share?.value)}</td>
    <td class="n">${intervalText(share?.interval ?? null, text)}</td>
    <td class="n">${expected}</td>
    <td class="n">${text(floor?.value)}</td>
    <td class="says">${says}</td>
  </tr>`;
}

function labels(set: PrivacyOfSet): Markup {
  if (set.labels === null || set.labels.length === 0) return nothing;
  return html`<h3>Label by label</h3>
    <div class="scroll">
      <table class="labels">
        <thead>
          <tr>
            <th>Label</th>
            <th class="n">Generated cells</th>
            <th class="n">Held-out cells</th>
            <th class="n">Nearer than held-out cells</th>
            <th class="n">95 % interval</th>
            <th class="n">Training cells nearer</th>
            <th class="n">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          ${set.labels.map(
            ({ label, generatedCells, heldOutCells, nearerThanHeldOut, trainingNearer }) =>
              html`<tr>
                <th scope="row">${label}</th>
                <td class="n">${whole(generatedCells)}</td>
                <td class="n">${whole(heldOutCells)}</td>
                <td class="n strong">${figure(nearerThanHeldOut.value)}</td>
                <td class="n">${intervalText(nearerThanHeldOut.interval)}</td>
                <td class="n strong">${figure(trainingNearer?.value ?? null)}</td>
                <td class="n">${intervalText(trainingNearer?.interval ?? null)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">Among many labels a few intervals leave out 0.5 by chance alone.</p>`;
}

const meaningsOfHeldOut: Readonly<Record<PrivacyByDonor['heldOutDonors'], string>> = {
  shared: 'The held-out cells are of the same donors, so the attack tests single cells: whether somebody took part at all is not tested.',
  other: 'The held-out cells are of other donors, so a donor can also be told by what all of its cells share.',
  both: 'Some held-out cells are of donors of the training cells, some are not.',
};

function donors({ heldOutDonors, donors: found }: PrivacyByDonor): Markup {
  return html`<h3>Donor by donor</h3>
    <p class="note">
      ${meaningsOfHeldOut[heldOutDonors]} Good: generated cells are near each donor’s cells as often as held-out cells are, and no attack
      succeeds.
    </p>
    <div class="scroll">
      <table class="labels">
        <thead>
          <tr>
            <th>Donor</th>
            <th class="n">Training cells</th>
            <th class="n">Held-out cells</th>
            <th class="n">Nearest for generated cells</th>
            <th class="n">for held-out cells</th>
            <th class="n">Membership attack, AUC</th>
            <th class="n">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          ${found.map(
            ({ donor, trainingCells, heldOutCells, nearestOfGenerated, nearestOfHeldOut, membership }) =>
              html`<tr>
                <th scope="row">${donor}</th>
                <td class="n">${whole(trainingCells)}</td>
                <td class="n">${whole(heldOutCells)}</td>
                <td class="n">${percent(nearestOfGenerated)}</td>
                <td class="n">${percent(nearestOfHeldOut)}</td>
                <td class="n strong">${figure(membership?.value ?? null)}</td>
                <td class="n">${intervalText(membership?.interval ?? null)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
