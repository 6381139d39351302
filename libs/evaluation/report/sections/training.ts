import type { ReportOptions } from '../report-options';
import { lossChart } from '../loss-chart';
import { html, nothing, type Markup } from '../markup';

/** Loss curves of the trainings behind the cells. */
export function training({ losses = [] }: ReportOptions): Markup {
  if (losses.length === 0) return nothing;
  return html`<section>
    <h2>Training</h2>
    <p>
      Good: both lines fall and flatten. A validation line that turns up again while training falls means the model began to learn its cells
      by heart.
    </p>
    <div class="pair">
      ${losses.map(
        (curve) =>
          html`<figure>
            <h3>${curve.title}</h3>
            ${lossChart(curve)}
          </figure>`,
      )}
    </div>
  </section>`;
}
