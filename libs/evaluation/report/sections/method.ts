import type { EvaluationResult } from '../../evaluation/result';
import { html, nothing, type Markup } from '../markup';
import { figure, percent, whole } from '../number-format';

/** What was computed how, and what the reader has to know. */
export function method(result: EvaluationResult): Markup {
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
      'Intervals',
      settings.bootstrap === 0
        ? 'none: the setting bootstrap is 0'
        : `95 %, from ${whole(settings.bootstrap)} draws of the cells of both sides with replacement, label by label (labels of many cells in groups): the figure plus or minus 1.96 standard deviations over the draws. MMD, W1, W2 and the areas change with the cells by their first derivative, the classifiers and the real cells that vote on labels are taken as they are. The interval is about the figure at these numbers of cells; of several replicates it is at least as wide as they differ`,
    ],
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
