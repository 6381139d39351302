import { chart, valueAxis } from '../report/chart';
import { html, nothing, raw, type Markup } from '../report/markup';
import { figure, percent, whole } from '../report/number-format';
import { generatedColour, neutralColour } from '../report/palette';
import { styleSheet } from '../report/style';
import type { AugmentationResult, ClassifierRecall, Estimate, LabelRecall } from './result';
import { mean } from '../statistics/averages';

/** The result as one page of HTML that needs nothing else: a table and a plot for each classifier. */
export function renderAugmentation(result: AugmentationResult): string {
  const { training, heldOut, generated, genes } = result;
  const replicates = generated.map(({ cells }) => whole(cells)).join(', ');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Augmentation: recall before and after</title>
        <style>
          ${raw(styleSheet)}
        </style>
      </head>
      <body>
        <main>
          <header><h1>Augmentation: recall before and after</h1></header>
          <p>
            Classifiers were trained on ${whole(training.cells)} real cells (${training.name}), and again with ${replicates} generated cells
            beside them; each time they had to recall ${whole(heldOut.cells)} real cells that neither they nor the model had seen
            (${heldOut.name}). ${whole(genes)} genes.
          </p>
          ${notesOf(result)} ${result.classifiers.map(section)}
          <p>
            Recall is TP/(TP + FN). Gains are means over ${generated.length} replicates; intervals hold 95 % of
            ${whole(result.settings.draws)} draws of the held-out cells, within each label. Made by CFGen ${result.software}, seed
            ${result.settings.seed}.
          </p>
        </main>
      </body>
    </html>`;
  return `${page.markup.replace(/\n\s+/g, '\n').trim()}\n`;
}

function notesOf({ notes, unknown }: AugmentationResult): Markup {
  const told = [
    ...notes,
    ...unknown.map(({ label, heldOut }) => `${heldOut} held-out cells are ${label}, which no training cell is: they are left out.`),
  ];
  return told.length === 0
    ? nothing
    : html`<ul>
        ${told.map((note) => html`<li>${note}</li>`)}
      </ul>`;
}

function section(classifier: ClassifierRecall): Markup {
  return html`<section>
    <h2>${classifier.name}</h2>
    <p>
      Mean recall over labels: ${figure(classifier.macroBefore)} before, ${figure(mean(classifier.macroAfter))} after (gain
      ${shown(classifier.macroGain)}). Correlation of the gain with the frequency of the label: Pearson ${shown(classifier.pearson)},
      Spearman ${shown(classifier.spearman)}.
    </p>
    <table>
      <thead>
        <tr>
          <th>label</th>
          <th class="n">training cells</th>
          <th class="n">share</th>
          <th class="n">generated</th>
          <th class="n">held out</th>
          <th class="n">recall before</th>
          <th class="n">after</th>
          <th class="n">gain (95 %)</th>
        </tr>
      </thead>
      <tbody>
        ${[...classifier.labels].sort((a, b) => a.frequency - b.frequency).map(row)}
      </tbody>
    </table>
    ${gainChart(classifier)}
  </section>`;
}

function row({ label, training, frequency, generated, heldOut, before, after, gain }: LabelRecall): Markup {
  return html`<tr>
    <td>${label}</td>
    <td class="n">${whole(training)}</td>
    <td class="n">${percent(frequency)}</td>
    <td class="n">${whole(Math.round(mean(generated)))}</td>
    <td class="n">${whole(heldOut)}</td>
    <td class="n">${figure(before)}</td>
    <td class="n">${figure(mean(after))}</td>
    <td class="n">${shown(gain)}</td>
  </tr>`;
}

/** Gain of each label against its frequency, with its interval. */
function gainChart({ id, labels }: ClassifierRecall): Markup {
  // Names stand on alternate sides, so that neighbours in frequency do not cover each other.
  const points = [...labels]
    .sort((a, b) => a.frequency - b.frequency)
    .map(({ label, frequency, gain }, i) => ({
      name: label,
      value: [frequency, gain.value ?? 0],
      label: { position: i % 2 === 0 ? 'right' : 'left' },
    }));
  const bars = labels.map(({ frequency, gain }) => ({
    type: 'line',
    symbol: 'none',
    lineStyle: { color: neutralColour, width: 1.5 },
    data: [
      [frequency, gain.low ?? gain.value ?? 0],
      [frequency, gain.high ?? gain.value ?? 0],
    ],
  }));
  return chart(
    {
      grid: { left: 64, right: 24, top: 16, bottom: 52 },
      xAxis: { ...valueAxis('share of the training cells (logarithmic)', { nameGap: 32 }), type: 'log' },
      yAxis: valueAxis('gain of recall', { nameGap: 44 }),
      series: [
        ...bars,
        {
          type: 'scatter',
          symbolSize: 9,
          itemStyle: { color: generatedColour },
          label: { show: true, formatter: '{b}', fontSize: 11, color: '#3C4650', textBorderWidth: 0 },
          data: points,
        },
      ],
    },
    { width: 720, height: 360 },
    `Gain of recall against frequency, ${id}`,
  );
}

function shown({ value, low, high }: Estimate): string {
  if (value === null) return 'not defined';
  const signed = (number: number): string => (number > 0 ? `+${figure(number)}` : number < 0 ? `−${figure(-number)}` : '0');
  return low === null || high === null ? signed(value) : `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}
