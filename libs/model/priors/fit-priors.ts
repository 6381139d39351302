import type { z } from 'zod';
import { modelDescriptionSchema, type ModelDescription } from '../files/model-description';
import { sizeRange } from '../flow/size-range';
import type { ModelSettings, MultimodalSettings } from '../settings/model-settings';
import { biologicalLabel, type Attribute, type TrainingCells } from '../training/cells';
import { attributeTable } from './attribute-table';
import { covariateSamples, describeCovariate } from './covariates';
import { fitPeakTotals } from './peak-totals';
import { fitSizeFactors } from './size-factors';

/** Shape of {@link Priors} as JSON. */
export const priorsSchema = modelDescriptionSchema.pick({
  attributes: true,
  combinations: true,
  sizeFactorPrior: true,
  sizeRange: true,
  covariates: true,
  covariateSamples: true,
  atacTotals: true,
});

/** What a model knows of its training cells besides the network: labels, how they go together, size factors and covariates. */
export type Priors = z.infer<typeof priorsSchema>;

/**
 * Counts the attributes, and fits the priors of the size factors and covariates. No engine is needed.
 *
 * @param multimodal of cells with peaks: only a model that draws their counts needs their totals
 */
export function fitPriors(
  cells: Pick<TrainingCells, 'attributes' | 'sizeFactors' | 'covariates' | 'atac'>,
  settings: ModelSettings['priors'],
  multimodal?: MultimodalSettings,
): Priors {
  const { attributes, sizeFactors, covariates, atac } = cells;
  const totals =
    atac === undefined || multimodal?.atac.likelihood !== 'poisson' ? undefined : fitPeakTotals({ sizeFactors, atac }, labelOf(attributes));
  return {
    attributes: attributes.map(describeAttribute),
    combinations: attributeTable(attributes, sizeFactors.length).map(({ codes, count }) => ({ codes: [...codes], count })),
    sizeFactorPrior: sizeFactorPrior(cells, settings),
    sizeRange: sizeRange(sizeFactors),
    covariates: covariates.map(describeCovariate),
    covariateSamples: covariateSamples(attributes, sizeFactors, covariates),
    ...(totals === undefined ? {} : { atacTotals: totals }),
  };
}

function describeAttribute(attribute: Attribute): ModelDescription['attributes'][number] {
  const counts = new Array<number>(attribute.categories.length).fill(0);
  for (const code of attribute.codes) counts[code] += 1;
  return { name: attribute.name, role: attribute.role, categories: [...attribute.categories], counts };
}

function sizeFactorPrior(
  { attributes, sizeFactors }: Pick<TrainingCells, 'attributes' | 'sizeFactors'>,
  settings: ModelSettings['priors'],
): ModelDescription['sizeFactorPrior'] {
  const prior = fitSizeFactors(sizeFactors, labelOf(attributes), settings.sizeFactor);
  return {
    ...prior,
    groups: prior.groups.map(({ sample, ...group }) => (sample === undefined ? group : { ...group, sample: [...sample] })),
  };
}

/** The attribute by whose categories priors are fitted. */
function labelOf(attributes: readonly Attribute[]): { readonly attribute: Attribute; readonly index: number } | undefined {
  const label = biologicalLabel(attributes) ?? attributes[0];
  return label === undefined ? undefined : { attribute: label, index: attributes.indexOf(label) };
}
