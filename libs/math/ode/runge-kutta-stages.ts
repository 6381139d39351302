import type { ButcherTableau } from './butcher-tableaus';
import type { RowSpace, VectorField } from './row-space';

/** The non-zero terms `weights[i] * k[i]`. */
export function weightedTerms<S>(weights: readonly number[], k: readonly S[]): [number, S][] {
  const terms: [number, S][] = [];
  weights.forEach((weight, i) => {
    if (weight !== 0) terms.push([weight, k[i]]);
  });
  return terms;
}

/** What one step works on; made once for an integration, so that steps allocate nothing. */
export interface StageArguments<S> {
  readonly space: RowSpace<S>;
  readonly field: VectorField<S>;
  readonly tableau: ButcherTableau;
  /** One slope a stage. */
  readonly k: readonly S[];
  /** Receives the state of the stage now computed, in the end that of the last stage. */
  readonly stageState: S;
  /** `stageTerms[i]`: the terms of stage i. */
  readonly stageTerms: readonly (readonly (readonly [number, S])[])[];
}

export function stageArguments<S>(
  space: RowSpace<S>,
  field: VectorField<S>,
  tableau: ButcherTableau,
  k: readonly S[],
  stageState: S,
): StageArguments<S> {
  return { space, field, tableau, k, stageState, stageTerms: tableau.a.map((row) => weightedTerms(row, k)) };
}

/** Evaluates stages `first` .. last of a step of size h from (t, y). `stageTimes(c)` gives the times t + c h. */
export async function evaluateStages<S>(
  { space, field, tableau, k, stageState, stageTerms }: StageArguments<S>,
  first: number,
  y: S,
  h: number | Float64Array,
  stageTimes: (c: number) => number | Float64Array,
): Promise<void> {
  for (let i = first; i < tableau.c.length; i++) {
    if (i > 0) space.combineRows(stageState, y, h, stageTerms[i] ?? []);
    await field(k[i], stageTimes(tableau.c[i] ?? 0), i === 0 ? y : stageState);
  }
}
