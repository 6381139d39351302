import { butcherTableaus, type FixedStepMethod } from './butcher-tableaus';
import type { RowSpace, VectorField } from './row-space';
import { evaluateStages, stageArguments, weightedTerms } from './runge-kutta-stages';

export interface FixedStepOptions {
  readonly method: FixedStepMethod;
  /** Number of equal steps, at least 1. */
  readonly steps: number;
  readonly from: number;
  /** May lie before `from`: the trajectory is then followed backwards. */
  readonly to: number;
  /** Looked at before every step. */
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: { readonly step: number; readonly steps: number }) => void;
}

/**
 * Integrates dy/dt = field(t, y) in equal steps, in place.
 *
 * @returns the number of field evaluations (of all rows at once): steps x (1 euler, 2 midpoint, 4 rk4, 6 dopri5)
 * @throws RangeError for a number of steps or times that make no sense; the reason of `signal` when it is aborted (y is then half-way)
 */
export async function integrateFixed<S>(
  space: RowSpace<S>,
  field: VectorField<S>,
  y: S,
  options: FixedStepOptions,
): Promise<{ evaluations: number }> {
  const { method, steps, from, to, signal, onStep } = options;
  if (!Number.isSafeInteger(steps) || steps < 1) throw new RangeError(`steps must be a positive integer, got ${steps}`);
  if (!Number.isFinite(from) || !Number.isFinite(to)) throw new RangeError(`times must be finite, got ${from} and ${to}`);
  const tableau = butcherTableaus[method];
  const k = tableau.c.map(() => space.create());
  const stageState = space.create();
  try {
    const stages = stageArguments(space, field, tableau, k, stageState);
    const stepTerms = weightedTerms(tableau.b, k);
    const h = (to - from) / steps;
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      await evaluateStages(stages, 0, y, h, (c) => from + (to - from) * ((step + c) / steps));
      space.combineRows(y, y, h, stepTerms);
      onStep?.({ step: step + 1, steps });
    }
    return { evaluations: steps * tableau.c.length };
  } finally {
    for (const state of k) space.release(state);
    space.release(stageState);
  }
}
