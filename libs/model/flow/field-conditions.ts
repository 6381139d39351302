import type { ModelDescription } from '../files/model-description';
import type { Conditions } from '../priors/draw-conditions';
import { rescaledCovariate } from './covariate-range';
import { rescaledSize } from './size-range';
import type { FieldConditions } from './velocity-field';

/** Conditions of cells as the velocity field of a model takes them. */
export function fieldConditions(
  { sizeRange, covariates }: Pick<ModelDescription, 'sizeRange' | 'covariates'>,
  conditions: Pick<Conditions, 'codes' | 'sizeFactors' | 'covariates'>,
): FieldConditions {
  return {
    codes: conditions.codes,
    rescaledSizes: conditions.sizeFactors.map((l) => rescaledSize(l, sizeRange)),
    rescaledCovariates: covariates.map((range, j) => conditions.covariates[j].map((value) => rescaledCovariate(value, range))),
  };
}
