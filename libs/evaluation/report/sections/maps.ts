import type { EvaluationResult } from '../../evaluation/result';
import { mapChart } from '../map-chart';
import { html, nothing, type Markup } from '../markup';
import { coloursOf, type LabelColour } from '../palette';
import type { PlotData } from '../plot-data';

/** PCA and UMAP of real beside generated cells. */
export function maps({ real }: EvaluationResult, { maps: drawn }: PlotData): Markup {
  if (drawn === undefined) return nothing;
  const names = (real.labels ?? []).map(({ label }) => label);
  const shown = [...drawn.pca.real.labels, ...drawn.pca.generated.labels];
  const known = new Set(names);
  const extra = [...new Set(shown)].filter((label) => label !== undefined && !known.has(label)) as string[];
  const colours = coloursOf([...names, ...extra.sort()], shown.includes(undefined));
  return html`<section>
    <h2>Maps of the cells</h2>
    <p>
      Each dot is a cell, on the same axes left and right. Good: the same islands in the same places, in the same colours, as dense and as
      wide. Missing islands are lost cell states; dots between islands are cells that do not exist; islands tighter than the real ones have
      lost variability.
    </p>
    ${legend(colours)}
    <figure>
      ${mapChart('PCA', ['PC 1', 'PC 2'], drawn.pca, colours)}
      <figcaption>Principal components 1 and 2 of the real cells, generated cells projected onto them.</figcaption>
    </figure>
    <figure>
      ${mapChart('UMAP', ['UMAP 1', 'UMAP 2'], drawn.umap, colours)}
      <figcaption>UMAP of real and generated cells together. Neighbourhoods are meaningful, distances between islands are not.</figcaption>
    </figure>
  </section>`;
}

function legend(colours: readonly LabelColour[]): Markup {
  if (colours.length < 2) return nothing;
  return html`<ul class="legend">
    ${colours.map(({ name, colour }) => html`<li><i style="background:${colour}"></i>${name}</li>`)}
  </ul>`;
}
