import type { EvaluationResult } from '../evaluation/result';
import type { SummaryRow } from '../evaluation/summary-row';
import { geneMeansChart, meanVarianceChart } from './gene-charts';
import { histogramChart } from './histogram-chart';
import { lossChart, type LossCurve } from './loss-chart';
import { mapChart } from './map-chart';
import { html, nothing, raw, type Markup } from './markup';
import { figure, percent, whole } from './number-format';
import { coloursOf, type LabelColour } from './palette';
import type { PlotData } from './plot-data';
import { verdict } from './readings';
import { styleSheet } from './style';
import { labelTable, overallTable } from './tables';

export interface ReportOptions {
  /** Heading of the page. */
  readonly title?: string;
  /** When it was made, as text to show. */
  readonly createdAt?: string;
  /** Loss curves of the trainings behind the cells, as far as known. */
  readonly losses?: readonly LossCurve[];
}

/**
 * The evaluation as one HTML page that stands by itself: no script, no request to anywhere, plots as SVG. For people; machines read the result.
 */
export function renderReport(result: EvaluationResult, plots: PlotData, options: ReportOptions = {}): string {
  const title = options.title ?? 'Generated cells beside real ones';
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="CFGen" />
        <title>${title}</title>
        <style>
          ${raw(styleSheet)}
        </style>
      </head>
      <body>
        <main>
          ${heading(title, result, options.createdAt)}
          <section class="verdict"><p>${verdict(result.summary)}</p></section>
          ${cards(result.summary)} ${overall(result)} ${maps(result, plots)} ${genesAndCells(result, plots)} ${byLabel(result)}
          ${training(options.losses ?? [])} ${method(result)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function heading(title: string, { real, generated, space, software }: EvaluationResult, createdAt: string | undefined): Markup {
  const names = generated.map(({ name }) => name).join(', ');
  const cells = generated.map((set) => whole(set.cells)).join(', ');
  const made = [software === null ? '' : `CFGen ${software}`, createdAt ?? ''].filter((text) => text !== '').join(' · ');
  return html`<header>
    <h1>${title}</h1>
    <p>
      Generated: ${names} (${cells} cells) · Real: ${real.name} (${whole(real.cells)} cells) · ${whole(space.genes)}
      genes${made === '' ? '' : ` · ${made}`}
    </p>
  </header>`;
}

const cardFigures: readonly (readonly [id: string, name: string, ideal: string])[] = [
  ['auc.forest', 'Told apart (AUC)', 'ideal 0.5'],
  ['w2.label.centred', 'Distance W2 within labels', 'ideal: the floor'],
  ['mmd2.centred', 'Distribution difference (MMD)', 'ideal: the floor'],
  ['agreement', 'Label as asked for', 'ideal: the floor or more'],
];

function cards(summary: readonly SummaryRow[]): Markup {
  const shown = cardFigures.map(([id, name, ideal]) => {
    const row = summary.find((candidate) => candidate.id === id);
    if (row === undefined || row.mean === null) return nothing;
    const text = (value: number | null): string => (value !== null && id === 'agreement' ? percent(value) : figure(value));
    const spread = row.sem === null ? nothing : html` <small>± ${figure(row.sem)}</small>`;
    const beside = row.floor === null ? ideal : `floor ${text(row.floor)} · baseline ${text(row.baseline)} · ${ideal}`;
    return html`<div class="card">
      <div class="name">${name}</div>
      <div class="value">${text(row.mean)}${spread}</div>
      <div class="beside">${beside}</div>
    </div>`;
  });
  return html`<div class="cards">${shown}</div>`;
}

function overall(result: EvaluationResult): Markup {
  return html`<section>
    <h2>All figures</h2>
    <p>
      Floor: real training cells put in the place of the generated ones, with the same labels; no generator can be expected to beat it.
      Baseline: every cell gets its label’s mean profile and random counting noise, nothing else; a model that is not better has learned
      nothing about single cells. The bar shows how much of the way from baseline to floor is covered.
    </p>
    <div class="scroll">${overallTable(result)}</div>
  </section>`;
}

function maps({ real }: EvaluationResult, { maps: drawn }: PlotData): Markup {
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

function genesAndCells(result: EvaluationResult, { real, generated }: PlotData): Markup {
  const [{ realism }] = result.scores;
  return html`<section>
    <h2>Genes and cells one by one</h2>
    <p>Log-normalised expression of all ${whole(result.space.genes)} genes. Good: the orange shapes cover the blue ones.</p>
    <div class="pair">
      <figure>
        ${meanVarianceChart(real, generated)}
        <figcaption>
          Mean and variance of each gene. A generated cloud above the real one is too noisy, below it too even. Rank correlation of the
          variances: ${figure(realism.geneVarianceSpearman)}.
        </figcaption>
      </figure>
      <figure>
        ${geneMeansChart(real, generated)}
        <figcaption>
          Mean of each gene, generated against real; the line is equality. Rank correlation: ${figure(realism.geneMeanSpearman)}.
        </figcaption>
      </figure>
      <figure>
        ${histogramChart(real.zeroGenes, generated.zeroGenes, { title: 'Genes without a count per cell', axis: 'genes without a count' })}
        <figcaption>
          Sparsity: genes without a count in each cell. Mean shift between the two: ${figure(realism.sparsityW1)} genes.
        </figcaption>
      </figure>
      <figure>
        ${histogramChart(real.totals, generated.totals, { title: 'Total counts per cell', axis: 'total counts (log scale)', logarithmic: true })}
        <figcaption>Library sizes. Median ${figure(median(real.totals))} real, ${figure(realism.medianLibrarySize)} generated.</figcaption>
      </figure>
    </div>
  </section>`;
}

function byLabel(result: EvaluationResult): Markup {
  if (result.scores[0].conditional === null) return nothing;
  const protocol = result.settings.protocols.includes('centred') ? 'centred' : 'paper';
  return html`<section>
    <h2>Label by label</h2>
    <p>
      Protocol “${protocol}”${result.scores.length > 1 ? ', first replicate' : ''}. Good: W2 near the floor, agreement as high as the
      floor’s. Labels of a few cells have large and unsteady distances even for real cells, and those of fewer than eight real cells cannot
      win a vote of fifteen neighbours.
    </p>
    <div class="scroll">${labelTable(result, protocol)}</div>
  </section>`;
}

function training(losses: readonly LossCurve[]): Markup {
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

function method(result: EvaluationResult): Markup {
  const { settings, space, problems } = result;
  const facts: readonly (readonly [string, string])[] = [
    [
      'Space',
      `${space.components} principal components of ${whole(space.highlyVariableGenes.length)} highly variable genes (seurat_v3) of the real cells, holding ${percent(space.explainedShare)} of their variance; counts scaled to 10,000 per cell over all genes, then ln(1 + x)`,
    ],
    [
      'Protocols',
      `${settings.protocols.join(', ')}. “paper” leaves the mean of the real cells in the generated coordinates, a constant offset of ${figure(space.uncentredOffset)}; the two are not comparable`,
    ],
    [
      'MMD',
      'squared, sum of five Gaussian kernels (widths 0.01 to 100), biased form, on the first cells of each set up to the smaller number',
    ],
    ['W1, W2', 'exact optimal transport between all cells'],
    ['Classifiers', `on components of both sides together, ${settings.folds}-fold cross-validation, ${settings.trees} trees`],
    [
      'Limits',
      `distances up to ${whole(settings.batchSize)} cells, transport up to ${whole(settings.transportCells)}, classifiers up to ${whole(settings.classifierCells)} a side; seed ${settings.seed}`,
    ],
  ];
  const notes =
    problems.length === 0
      ? nothing
      : html`<h3>Worth knowing</h3>
          <ul class="notes">
            ${problems.map(({ message }) => html`<li>${message}</li>`)}
          </ul>`;
  return html`<section>
    <h2>How it was computed</h2>
    <dl>
      ${facts.map(
        ([name, text]) =>
          html`<dt>${name}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>
    ${notes}
  </section>`;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
