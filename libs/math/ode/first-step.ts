import { IntegrationError } from './integration-error';
import type { RowSpace, VectorField } from './row-space';

export interface FirstStepArguments<S> {
  readonly from: number;
  readonly to: number;
  readonly atol: number;
  readonly rtol: number;
  /** Receives the field at the start. */
  readonly slope: S;
  /** Scratch. */
  readonly probe: S;
  /** Scratch. */
  readonly probeSlope: S;
}

/**
 * A signed first step for each row from the sizes of its state, slope and second derivative, at the cost of two field evaluations
 * (Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, section II.4, order 5).
 */
export async function firstSteps<S>(space: RowSpace<S>, field: VectorField<S>, y: S, args: FirstStepArguments<S>): Promise<Float64Array> {
  const { from, to, atol, rtol, slope, probe, probeSlope } = args;
  const { rows } = space;
  const span = Math.abs(to - from);
  const direction = Math.sign(to - from);
  const time = new Float64Array(rows).fill(from);
  await field(slope, time, y);
  const stateSize = Float64Array.from(await space.errorNorm(y, y, y, atol, rtol));
  const slopeSize = Float64Array.from(await space.errorNorm(slope, y, y, atol, rtol));
  const steps = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(slopeSize[row])) throw new IntegrationError(`the field is not finite at the start`, row, from);
    const small = stateSize[row] < 1e-5 || slopeSize[row] < 1e-5;
    const step = small ? 1e-6 * span : Math.min(span, 0.01 * (stateSize[row] / slopeSize[row]));
    steps[row] = direction * step;
    time[row] += steps[row];
  }
  space.combineRows(probe, y, steps, [[1, slope]]);
  await field(probeSlope, time, probe);
  space.combineRows(probeSlope, probeSlope, -1, [[1, slope]]);
  const change = await space.errorNorm(probeSlope, y, y, atol, rtol);
  for (let row = 0; row < rows; row++) {
    const trial = Math.abs(steps[row]);
    const size = Math.max(slopeSize[row], change[row] / trial);
    // A field that is no number beside the start asks for caution, as does one of size 0.
    const wanted = size > 1e-15 && size < Infinity ? Math.pow(0.01 / size, 0.2) : Math.max(1e-6 * span, 1e-3 * trial);
    steps[row] = direction * Math.min(100 * trial, wanted, span);
  }
  return steps;
}
