import type { Problem } from '@cfgen/contracts';
import { planConditions, readModelDescription } from '@cfgen/model';

/** A combination of labels that would be drawn. */
export interface PlannedCombination {
  /** Value of each attribute, in the model's order. */
  readonly values: readonly string[];
  /** Training cells that have it; 0: an extrapolation. */
  readonly trainingCells: number;
  /** Share of the generated cells that is expected to have it. */
  readonly share: number;
}

/** What a generation would draw. */
export interface GenerationPlan {
  readonly attributes: readonly string[];
  /** Most frequent first. */
  readonly combinations: readonly PlannedCombination[];
  readonly problems: readonly Problem[];
}

/** Which combinations of labels a request comes to, and how well each is supported by the training cells; nothing is drawn. */
export function planGeneration(options: {
  readonly model: string;
  readonly where: ReadonlyMap<string, readonly string[]>;
}): GenerationPlan {
  const { attributes, combinations } = readModelDescription(options.model);
  const plan = planConditions(attributes, combinations, options.where);
  const all = plan.combinations.reduce((sum, { weight }) => sum + weight, 0);
  return {
    attributes: attributes.map(({ name }) => name),
    combinations: plan.combinations
      .map(({ codes, weight, trainingCells }) => ({
        values: codes.map((code, k) => attributes[k]?.categories[code] ?? ''),
        trainingCells,
        share: weight / all,
      }))
      .sort((a, b) => b.share - a.share),
    problems: plan.problems,
  };
}
