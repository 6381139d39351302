import { firstSteps } from './first-step';
import { RowsUnderWay, type RowsAtHand } from './rows-under-way';
import type { RowSpace, VectorField } from './row-space';
import { StepControl } from './step-control';

export interface AdaptiveOptions<S> {
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
  /**
   * Space and field of some of the rows. Where it is given, rows that have arrived are left out again and again, so that the field is
   * evaluated on few more rows than need it; it must give a row the same values.
   */
  readonly only?: (rows: Int32Array) => RowsAtHand<S>;
}

export interface AdaptiveResult {
  /** Field evaluations each row needed. */
  readonly evaluationsPerRow: Int32Array;
  /** As many evaluations as the slowest row needed. */
  readonly evaluations: number;
  /** Steps rejected, of all rows together. */
  readonly rejected: number;
}

/**
 * Integrates dy/dt = field(t, y) with Dormand-Prince 5(4), in place. Time and step size belong to each row, so that a row's trajectory does
 * not depend on the rows beside it; a row that has arrived stays as it is (its field may be evaluated, and ignored, until it is left out).
 *
 * @throws IntegrationError naming the row when it needs more than `maxSteps`, when its step shrinks to nothing (a pole, a tolerance finer
 *   than the numbers), or when the field is not finite at the start; RangeError for options that make no sense; the reason of `signal`.
 *   y is then half-way.
 */
export async function integrateAdaptive<S>(
  space: RowSpace<S>,
  field: VectorField<S>,
  y: S,
  options: AdaptiveOptions<S>,
): Promise<AdaptiveResult> {
  const { from, to, atol, rtol, maxSteps = 10_000, signal, onStep, only } = options;
  check(options, maxSteps);
  const { rows } = space;
  if (from === to || rows === 0) return { evaluationsPerRow: new Int32Array(rows), evaluations: 0, rejected: 0 };
  const whole = new RowsUnderWay({ space, field, close: () => undefined }, y);
  let part = whole;
  try {
    const [slope, probeSlope] = whole.slopes;
    const steps = await firstSteps(space, field, y, { from, to, atol, rtol, slope, probe: whole.proposal, probeSlope });
    const control = new StepControl(steps, { from, to, maxSteps });
    let step = 0;
    while (control.active > 0) {
      signal?.throwIfAborted();
      await part.tryStep(control);
      control.judge(await part.errors(atol, rtol));
      part.advance(control.accepted);
      onStep?.({ step: ++step, activeRows: control.active, rows });
      if (only === undefined || control.active > leftOutBelow * part.rows) continue;
      if (part !== whole) part.handBack(whole, control.rows);
      if (control.active === 0) break;
      const kept = control.leaveOut();
      const before = part;
      part = before.narrowed(only(control.rows), kept);
      if (before !== whole) before.release();
    }
    const evaluationsPerRow = control.attempts.map((attempts) => 2 + 6 * attempts);
    return { evaluationsPerRow, evaluations: evaluationsPerRow.reduce((most, one) => Math.max(most, one), 0), rejected: control.rejected };
  } finally {
    if (part !== whole) part.release();
    whole.release();
  }
}

/** Rows are left out once no more than this part of those at hand is still under way. */
const leftOutBelow = 7 / 8;

function check({ atol, rtol, from, to }: Pick<AdaptiveOptions<unknown>, 'atol' | 'rtol' | 'from' | 'to'>, maxSteps: number): void {
  if (!Number.isFinite(from) || !Number.isFinite(to)) throw new RangeError(`times must be finite, got ${from} and ${to}`);
  if (!(atol > 0 && rtol >= 0 && atol + rtol < Infinity)) {
    throw new RangeError(`atol must be positive and rtol not negative, got atol ${atol}, rtol ${rtol}`);
  }
  if (!Number.isSafeInteger(maxSteps) || maxSteps < 1) throw new RangeError(`maxSteps must be a positive integer, got ${maxSteps}`);
}
