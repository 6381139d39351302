import { RandomStream, randomKey, weightedSampler, type WeightedSampler } from '@cfgen/math';
import type { RandomKey } from '@cfgen/compute';
import type { ConditionPlan } from './condition-plan';
import { sampleOf, type CovariateChoice, type CovariateSample } from './covariates';
import { drawSizeFactor, type SizeFactorPrior } from './size-factors';

/** Conditions of a run of consecutive cells. */
export interface Conditions {
  /** Index of the first cell. */
  readonly start: number;
  readonly cells: number;
  /** Per attribute the category of each cell [cells]. */
  readonly codes: readonly Int32Array[];
  /** Size factor l of each cell [cells]. */
  readonly sizeFactors: Float64Array;
  /** Per covariate the value of each cell [cells], as in obs. */
  readonly covariates: readonly Float64Array[];
}

/** Where the conditions of cell i come from. A cell's conditions depend on its index alone. */
export interface ConditionSource {
  /** Conditions of cells start .. start + cells. */
  draw(start: number, cells: number): Conditions;
}

/** How size factors are chosen. */
export type SizeFactorChoice =
  | { readonly kind: 'prior' }
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'list'; readonly values: Float64Array };

/**
 * Draws from the priors: combination by the plan's weights, then size factor by choice (`list`: cell i takes entry i, cycled).
 *
 * Covariates are those of a training cell of the combination. With a smoothed bootstrap the size factor is drawn about that of the same
 * cell, so that they go together as in training; a log-normal prior knows nothing of them.
 */
export function priorConditions(
  plan: ConditionPlan,
  prior: SizeFactorPrior,
  choice: SizeFactorChoice,
  attributes: number,
  seed: number,
  covariates: CovariateChoice = { samples: [], fixed: [] },
): ConditionSource {
  const sampler = weightedSampler(plan.combinations.map((combination) => combination.weight));
  const samples = plan.combinations.map(({ codes }) => sampleOf(covariates.samples, codes));
  const key = randomKey(seed, 'conditions');
  return {
    draw(start, cells) {
      const codes = Array.from({ length: attributes }, () => new Int32Array(cells));
      const sizeFactors = new Float64Array(cells);
      const values = covariates.fixed.map(() => new Float64Array(cells));
      for (let i = 0; i < cells; i++) {
        const drawn = drawOne(plan, sampler, prior, choice, { samples, fixed: covariates.fixed }, key, start + i);
        drawn.codes.forEach((code, k) => (codes[k][i] = code));
        sizeFactors[i] = drawn.sizeFactor;
        drawn.covariates.forEach((value, j) => (values[j][i] = value));
      }
      return { start, cells, codes, sizeFactors, covariates: values };
    },
  };
}

function drawOne(
  plan: ConditionPlan,
  sampler: WeightedSampler,
  prior: SizeFactorPrior,
  choice: SizeFactorChoice,
  { samples, fixed }: { samples: readonly (CovariateSample | undefined)[]; fixed: CovariateChoice['fixed'] },
  key: RandomKey,
  cell: number,
): { codes: readonly number[]; sizeFactor: number; covariates: readonly number[] } {
  const random = new RandomStream(key, cell);
  const drawn = sampler.draw(random);
  const { codes } = plan.combinations[drawn];
  const sample = samples[drawn];
  let logSize: number | undefined;
  let covariates: readonly number[] = [];
  if (sample !== undefined) {
    const row = random.below(sample.logSizes.length);
    logSize = sample.logSizes[row];
    covariates = fixed.map((value, j) => value ?? sample.values[j][row]);
  }
  if (choice.kind === 'fixed') return { codes, sizeFactor: choice.value, covariates };
  if (choice.kind === 'list') return { codes, sizeFactor: choice.values[cell % choice.values.length], covariates };
  return { codes, sizeFactor: drawSizeFactor(prior, codes, random, logSize), covariates };
}

/** Takes labels, size factors and covariates of given cells as they are: cell i is like cell i of the list. */
export function givenConditions(
  codes: readonly Int32Array[],
  sizeFactors: Float64Array,
  covariates: readonly Float64Array[] = [],
): ConditionSource {
  return {
    draw(start, cells) {
      return {
        start,
        cells,
        codes: codes.map((list) => list.slice(start, start + cells)),
        sizeFactors: sizeFactors.slice(start, start + cells),
        covariates: covariates.map((list) => list.slice(start, start + cells)),
      };
    },
  };
}
