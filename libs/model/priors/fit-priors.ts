import type { z } from 'zod';
import { modelDescriptionSchema, type ModelDescription } from '../files/model-description';
import { sizeRange } from '../flow/size-range';
import type { ModelSettings } from '../settings/model-settings';
import { biologicalLabel, type Attribute, type TrainingCells } from '../training/cells';
import { attributeTable } from './attribute-table';
import { fitSizeFactors } from './size-factors';

/** Shape of {@link Priors} as JSON. */
export const priorsSchema = modelDescriptionSchema.pick({ attributes: true, combinations: true, sizeFactorPrior: true, sizeRange: true });

/** What a model knows of its training cells besides the network: labels, how they go together, and size factors. */
export type Priors = z.infer<typeof priorsSchema>;

/** Counts the attributes and fits the prior of the size factors. No engine is needed. */
export function fitPriors(cells: Pick<TrainingCells, 'attributes' | 'sizeFactors'>, settings: ModelSettings['priors']): Priors {
  const { attributes, sizeFactors } = cells;
  return {
    attributes: attributes.map(describeAttribute),
    combinations: attributeTable(attributes, sizeFactors.length).map(({ codes, count }) => ({ codes: [...codes], count })),
    sizeFactorPrior: sizeFactorPrior(cells, settings),
    sizeRange: sizeRange(sizeFactors),
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
  const label = biologicalLabel(attributes) ?? attributes[0];
  const by = label === undefined ? undefined : { attribute: label, index: attributes.indexOf(label) };
  const prior = fitSizeFactors(sizeFactors, by, settings.sizeFactor);
  return {
    ...prior,
    groups: prior.groups.map(({ sample, ...group }) => (sample === undefined ? group : { ...group, sample: [...sample] })),
  };
}
