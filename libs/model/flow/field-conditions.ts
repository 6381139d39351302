import type { Conditions } from '../priors/draw-conditions';
import { rescaledCovariate, type CovariateRange } from './covariate-range';
import { rescaledSize, type SizeRange } from './size-range';
import type { FieldConditions } from './condition-path';

/** What the numbers of cells are rescaled by, as the priors tell it. */
export interface NumberRanges {
  readonly sizeRange: SizeRange;
  readonly covariates: readonly CovariateRange[];
}

/** Size factors and covariates of cells as the flow is told them. */
export function rescaledNumbers(
  { sizeRange, covariates }: NumberRanges,
  cells: Pick<Conditions, 'sizeFactors' | 'covariates'>,
): Omit<FieldConditions, 'codes'> {
  return {
    rescaledSizes: cells.sizeFactors.map((l) => rescaledSize(l, sizeRange)),
    rescaledCovariates: covariates.map((range, j) => cells.covariates[j].map((value) => rescaledCovariate(value, range))),
  };
}

/** Conditions of cells as the velocity field of a model takes them. */
export function fieldConditions(
  ranges: NumberRanges,
  conditions: Pick<Conditions, 'codes' | 'sizeFactors' | 'covariates'>,
): FieldConditions {
  return { codes: conditions.codes, ...rescaledNumbers(ranges, conditions) };
}
