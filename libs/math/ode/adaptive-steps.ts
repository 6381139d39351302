import { dormandPrince } from './butcher-tableaus';
import { firstSteps } from './first-step';
import type { RowSpace, VectorField } from './row-space';
import { evaluateStages, stageArguments, weightedTerms } from './runge-kutta-stages';
import { StepControl } from './step-control';

export interface AdaptiveOptions {
  /** Absolute and relative tolerance of one step: its estimated error is kept under `atol + rtol |y|` (root mean square over columns). */
  readonly atol: number;
  readonly rtol: number;
  readonly from: number;
  /** May lie before `from`: the trajectory is then followed backwards. */
  readonly to: number;
  /** Most steps a row may try. Default 10,000. */
  readonly maxSteps?: number;
  /** Looked at before every step. */
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: { readonly step: number; readonly activeRows: number; readonly rows: number }) => void;
}

export interface AdaptiveResult {
  /** Field evaluations each row needed. */
  readonly evaluationsPerRow: Int32Array;
  /** Evaluations of the field on all rows at once: as many as the slowest row needed. */
  readonly evaluations: number;
  /** Steps rejected, of all rows together. */
  readonly rejected: number;
}

/**
 * Integrates dy/dt = field(t, y) with Dormand-Prince 5(4), in place. Time and step size belong to each row, so that a row's trajectory does
 * not depend on the rows beside it; a row that has arrived stays as it is (its field is still evaluated, and ignored, until the last arrives).
 *
 * @throws IntegrationError naming the row when it needs more than `maxSteps`, when its step shrinks to nothing (a pole, a tolerance finer
 *   than the numbers), or when the field is not finite at the start; RangeError for options that make no sense; the reason of `signal`.
 *   y is then half-way.
 */
export async function integrateAdaptive<S>(
  space: RowSpace<S>,
  field: VectorField<S>,
  y: S,
  options: AdaptiveOptions,
): Promise<AdaptiveResult> {
  const { from, to, atol, rtol, maxSteps = 10_000, signal, onStep } = options;
  check(options, maxSteps);
  const { rows } = space;
  if (from === to || rows === 0) return { evaluationsPerRow: new Int32Array(rows), evaluations: 0, rejected: 0 };
  const k = dormandPrince.c.map(() => space.create());
  const proposal = space.create();
  const error = space.create();
  try {
    const stages = stageArguments(space, field, dormandPrince, k, proposal);
    const errorTerms = weightedTerms(dormandPrince.errorWeights, k);
    const [firstSlope, lastSlope] = [k[0], k[k.length - 1]];
    const steps = await firstSteps(space, field, y, { from, to, atol, rtol, slope: firstSlope, probe: proposal, probeSlope: k[1] });
    const control = new StepControl(steps, { from, to, maxSteps });
    const stageTime = new Float64Array(rows);
    const timesAt = (c: number): Float64Array => {
      for (let row = 0; row < rows; row++) stageTime[row] = control.time[row] + c * control.step[row];
      return stageTime;
    };
    let step = 0;
    while (control.active > 0) {
      signal?.throwIfAborted();
      // The last stage's state is the fifth-order result itself.
      await evaluateStages(stages, 1, y, control.step, timesAt);
      space.zero(error);
      space.combineRows(error, error, control.step, errorTerms);
      control.judge(await space.errorNorm(error, y, proposal, atol, rtol));
      space.select(y, proposal, control.accepted);
      space.select(firstSlope, lastSlope, control.accepted);
      onStep?.({ step: ++step, activeRows: control.active, rows });
    }
    const evaluationsPerRow = control.attempts.map((attempts) => 2 + 6 * attempts);
    return { evaluationsPerRow, evaluations: evaluationsPerRow.reduce((most, one) => Math.max(most, one), 0), rejected: control.rejected };
  } finally {
    for (const state of k) space.release(state);
    space.release(proposal);
    space.release(error);
  }
}

function check({ atol, rtol, from, to }: AdaptiveOptions, maxSteps: number): void {
  if (!Number.isFinite(from) || !Number.isFinite(to)) throw new RangeError(`times must be finite, got ${from} and ${to}`);
  if (!(atol > 0 && rtol >= 0 && atol + rtol < Infinity)) {
    throw new RangeError(`atol must be positive and rtol not negative, got atol ${atol}, rtol ${rtol}`);
  }
  if (!Number.isSafeInteger(maxSteps) || maxSteps < 1) throw new RangeError(`maxSteps must be a positive integer, got ${maxSteps}`);
}
