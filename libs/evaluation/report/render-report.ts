import type { EvaluationResult } from '../evaluation/result';
import type { SummaryRow } from '../evaluation/summary-row';
import { html, nothing, raw, type Markup } from './markup';
import { figure, intervalText, percent, whole } from './number-format';
import type { PlotData } from './plot-data';
import { verdict } from './readings';
import type { ReportOptions } from './report-options';
import { sections } from './sections/sections';
import { styleSheet } from './style';

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
          ${cards(result.summary)} ${sections.map((section) => section(result, plots, options))}
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
    const spread = row.interval === null ? nothing : html` <small>${intervalText(row.interval, text)}</small>`;
    const beside = row.floor === null ? ideal : `floor ${text(row.floor)} · baseline ${text(row.baseline)} · ${ideal}`;
    return html`<div class="card">
      <div class="name">${name}</div>
      <div class="value">${text(row.mean)}${spread}</div>
      <div class="beside">${beside}</div>
    </div>`;
  });
  return html`<div class="cards">${shown}</div>`;
}
