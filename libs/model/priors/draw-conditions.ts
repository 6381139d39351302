import { RandomStream, randomKey, weightedSampler, type WeightedSampler } from '@cfgen/math';
import type { RandomKey } from '@cfgen/compute';
import type { ConditionPlan } from './condition-plan';
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

/** Draws from the priors: combination by the plan's weights, then size factor by choice (`list`: cell i takes entry i, cycled). */
export function priorConditions(
  plan: ConditionPlan,
  prior: SizeFactorPrior,
  choice: SizeFactorChoice,
  attributes: number,
  seed: number,
): ConditionSource {
  const sampler = weightedSampler(plan.combinations.map((combination) => combination.weight));
  const key = randomKey(seed, 'conditions');
  return {
    draw(start, cells) {
      const codes = Array.from({ length: attributes }, () => new Int32Array(cells));
      const sizeFactors = new Float64Array(cells);
      for (let i = 0; i < cells; i++) {
        const drawn = drawOne(plan, sampler, prior, choice, key, start + i);
        drawn.codes.forEach((code, k) => (codes[k][i] = code));
        sizeFactors[i] = drawn.sizeFactor;
      }
      return { start, cells, codes, sizeFactors };
    },
  };
}

function drawOne(
  plan: ConditionPlan,
  sampler: WeightedSampler,
  prior: SizeFactorPrior,
  choice: SizeFactorChoice,
  key: RandomKey,
  cell: number,
): { codes: readonly number[]; sizeFactor: number } {
  const random = new RandomStream(key, cell);
  const { codes } = plan.combinations[sampler.draw(random)];
  if (choice.kind === 'fixed') return { codes, sizeFactor: choice.value };
  if (choice.kind === 'list') return { codes, sizeFactor: choice.values[cell % choice.values.length] };
  return { codes, sizeFactor: drawSizeFactor(prior, codes, random) };
}

/** Takes labels and size factors of given cells as they are: cell i is like cell i of the list. */
export function givenConditions(codes: readonly Int32Array[], sizeFactors: Float64Array): ConditionSource {
  return {
    draw(start, cells) {
      return {
        start,
        cells,
        codes: codes.map((list) => list.slice(start, start + cells)),
        sizeFactors: sizeFactors.slice(start, start + cells),
      };
    },
  };
}
