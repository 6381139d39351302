import type { EvaluationResult } from '../../evaluation/result';
import type { RequestAgreement } from '../../requests/request-agreement';
import { html, nothing, type Markup } from '../markup';
import { figure, whole } from '../number-format';

/** Library sizes of the generated cells beside those that were asked for, by tenth of the request. */
export function requests({ requests: sets }: EvaluationResult): Markup {
  if (sets === undefined) return nothing;
  return html`<section>
    <h2>Library sizes asked for, and what came</h2>
    <p>
      Each generated cell carries the size factor it was drawn for. The expected total of a cell is that size, so the totals scatter about
      it as counts do: a ratio near 1 in every row is as it should be. Ratios elsewhere mean that counts or genes were changed after the
      cells were drawn.
    </p>
    ${sets.map(ofSet)}
  </section>`;
}

function ofSet({ name, sizeFactors }: RequestAgreement): Markup {
  const { cells, medianRatio, logCorrelation, deciles } = sizeFactors;
  return html`<h3>${name}</h3>
    <p>
      ${whole(cells)} cells; median ratio
      ${figure(medianRatio)}${logCorrelation === null ? '' : `, correlation of the logarithms ${figure(logCorrelation)}`}.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Tenth of the request</th>
            <th class="n">Cells</th>
            <th class="n">Asked for (median)</th>
            <th class="n">Came (median)</th>
            <th class="n">Median ratio</th>
          </tr>
        </thead>
        <tbody>
          ${deciles.map(
            (tenth, at) =>
              html`<tr>
                <th scope="row">${at + 1}</th>
                <td class="n">${whole(tenth.cells)}</td>
                <td class="n">${figure(tenth.requested)}</td>
                <td class="n">${figure(tenth.total)}</td>
                <td class="n strong">${figure(tenth.medianRatio)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
