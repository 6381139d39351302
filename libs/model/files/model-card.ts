import { latentSize } from '../settings/latent-size';
import type { ModelDescription } from './model-description';

/** The model's README.md: what it is, what it was trained on, what it can be asked for. Markdown. */
export function modelCard(description: ModelDescription): string {
  const { settings, attributes, covariates, combinations, training, provenance } = description;
  const best = training.autoencoder.history[training.autoencoder.bestEpoch];
  const lastFlow = training.flow.history[training.flow.history.length - 1];
  return [
    '# CFGen model',
    '',
    `Generates ${generated(description)}. Trained on ${training.cells.toLocaleString('en-US')} cells of \`${provenance.data.name}\` with preset \`${settings.preset}\`, seed ${provenance.seed}, CFGen ${provenance.version}.`,
    '',
    '## What it can be asked for',
    '',
    ...(attributes.length === 0 ? ['No attribute: cells are drawn from the whole population.'] : attributes.flatMap(attributeSection)),
    ...(attributes.length > 1 ? [`${combinations.length} combinations of these were seen in training.`, ''] : []),
    ...covariateSection(covariates),
    '## Training',
    '',
    '| | |',
    '|---|---|',
    `| latent size | ${latentSize(settings)} |`,
    `| autoencoder | epoch ${training.autoencoder.bestEpoch + 1} of ${training.autoencoder.history.length} kept, validation loss ${number(best?.validation ?? best?.training)} nats a cell |`,
    `| flow | ${training.flow.steps} steps, last loss ${number(lastFlow?.loss)} |`,
    `| size factors | ${description.sizeFactorPrior.kind}, ${description.sizeFactorPrior.by === null ? 'one fit for all cells' : `per ${attributes[description.sizeFactorPrior.by]?.name ?? 'category'}`} |`,
    '',
    '## Provenance',
    '',
    `- data: \`${provenance.data.name}\`, sha256 \`${provenance.data.sha256}\`, counts at \`${provenance.data.countsAt}\`, ${provenance.data.cells} cells x ${provenance.data.features} features in the file`,
    ...provenance.notes.map((note) => `- ${note}`),
    `- engine: ${provenance.engine}`,
    '',
    '## Limits',
    '',
    'Generated cells follow the training cells: what was rare or absent there is poorly known. Combinations never seen together are extrapolations.',
    'Size factors are drawn from those of the training cells, so their distribution is part of the model.',
    '',
  ].join('\n');
}

function generated({ features, atac }: ModelDescription): string {
  const genes = `RNA counts of ${features.names.length.toLocaleString('en-US')} genes`;
  if (atac === undefined) return genes;
  const peaks = `${atac.features.names.length.toLocaleString('en-US')} peaks`;
  return `${genes} and, for the same cells, ${atac.likelihood === 'bernoulli' ? `which of ${peaks} are open` : `counts of ${peaks}`}`;
}

function covariateSection(covariates: ModelDescription['covariates']): string[] {
  if (covariates.length === 0) return [];
  return [
    'Continuous covariates:',
    '',
    '| covariate | least | mean | most |',
    '|---|---|---|---|',
    ...covariates.map(
      ({ name, min, mean, max }) => `| ${name.replaceAll('|', '\\|')} | ${number(min)} | ${number(mean)} | ${number(max)} |`,
    ),
    '',
  ];
}

function attributeSection(attribute: ModelDescription['attributes'][number]): string[] {
  return [
    `\`${attribute.name}\` (${attribute.role}), ${attribute.categories.length} categories:`,
    '',
    '| value | training cells |',
    '|---|---|',
    ...attribute.categories.map((category, c) => `| ${category.replaceAll('|', '\\|')} | ${attribute.counts[c] ?? 0} |`),
    '',
  ];
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? 'unknown' : String(Number(value.toPrecision(5)));
}
