import { CfgenError } from '@cfgen/contracts';
import type { ModelDescription } from '../files/model-description';
import { unknownColumn } from '../priors/condition-plan';

/**
 * Guidance weight w_k of each attribute, in the model's order. For columns that are not named the biological label has the model's own
 * weight, the rest 1.
 *
 * @throws CfgenError REQUEST_UNKNOWN_VALUE for an unknown column, REQUEST_INVALID for a weight below 0
 */
export function guidanceWeights(
  weights: ReadonlyMap<string, number>,
  description: Pick<ModelDescription, 'attributes' | 'settings'>,
): number[] {
  for (const [column, weight] of weights) {
    if (!description.attributes.some((attribute) => attribute.name === column)) throw unknownColumn(column, description.attributes);
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new CfgenError('REQUEST_INVALID', `the guidance weight of ${column} is ${weight}`, {
        hint: 'Give a weight of 0 or more, such as 1.5.',
      });
    }
  }
  const biological = description.attributes.find((attribute) => attribute.role === 'label');
  return description.attributes.map(
    (attribute) => weights.get(attribute.name) ?? (attribute === biological ? description.settings.guidance : 1),
  );
}
