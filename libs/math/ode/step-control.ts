import { IntegrationError } from './integration-error';

const safety = 0.9;
const largestGrowth = 10;
const largestShrink = 0.2;
/** One over the order of the error of a step: it grows with the fifth power of the step. */
const exponent = 1 / 5;
/** A step below this part of the whole interval cannot be resolved by 64-bit times. */
const smallestStep = 1e-14;

export interface StepControlOptions {
  readonly from: number;
  readonly to: number;
  readonly maxSteps: number;
}

/**
 * Times and steps of every row: a step's estimated error decides whether it is accepted and how long the next one is
 * (Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, section II.4). A row's steps are a function of its own errors alone.
 * Rows that have arrived may be left out, see {@link leaveOut}: arrays are of the rows at hand, but for `attempts`.
 */
export class StepControl {
  /** Which of all rows are at hand. */
  rows: Int32Array;
  /** Time of each row at hand. */
  time: Float64Array;
  /** Signed step each row takes next; 0 once it has arrived. */
  step: Float64Array;
  /** After {@link judge}: 1 where the step was accepted. */
  accepted: Int32Array;
  /** Steps tried by each of all rows. */
  readonly attempts: Int32Array;
  /** Rows that have not arrived. */
  active: number;
  /** Steps rejected so far, of all rows. */
  rejected = 0;

  readonly #options: StepControlOptions;
  #justRejected: Uint8Array;

  constructor(firstSteps: Float64Array, options: StepControlOptions) {
    const rows = firstSteps.length;
    this.rows = Int32Array.from({ length: rows }, (_, row) => row);
    this.#options = options;
    this.#justRejected = new Uint8Array(rows);
    this.time = new Float64Array(rows).fill(options.from);
    this.step = new Float64Array(rows);
    this.accepted = new Int32Array(rows);
    this.attempts = new Int32Array(rows);
    this.active = rows;
    for (let row = 0; row < rows; row++) this.#plan(row, firstSteps[row]);
  }

  /** Takes the scaled error of each row's step (at most 1: accepted) and plans the next steps. */
  judge(errors: ArrayLike<number>): void {
    for (let row = 0; row < this.step.length; row++) {
      this.accepted[row] = 0;
      if (this.step[row] === 0) continue;
      this.attempts[this.rows[row]] += 1;
      if (errors[row] <= 1) this.#accept(row, errors[row]);
      else this.#reject(row, errors[row]);
    }
  }

  /** Leaves out the rows that have arrived. @returns the places that the others had */
  leaveOut(): Int32Array {
    const kept = Int32Array.from(this.step.keys()).filter((row) => this.step[row] !== 0);
    this.rows = kept.map((row) => this.rows[row]);
    this.time = Float64Array.from(kept, (row) => this.time[row]);
    this.step = Float64Array.from(kept, (row) => this.step[row]);
    this.#justRejected = Uint8Array.from(kept, (row) => this.#justRejected[row]);
    this.accepted = new Int32Array(kept.length);
    return kept;
  }

  #accept(row: number, error: number): void {
    const { to } = this.#options;
    const step = this.step[row];
    this.accepted[row] = 1;
    if (step === to - this.time[row]) {
      this.time[row] = to;
      this.step[row] = 0;
      this.active -= 1;
      return;
    }
    this.time[row] += step;
    const growth = error === 0 ? largestGrowth : safety * Math.pow(error, -exponent);
    // The step after a rejected one must not grow at once.
    const limit = this.#justRejected[row] !== 0 ? 1 : largestGrowth;
    this.#justRejected[row] = 0;
    this.#plan(row, step * Math.min(limit, Math.max(largestShrink, growth)));
  }

  #reject(row: number, error: number): void {
    this.rejected += 1;
    this.#justRejected[row] = 1;
    // An error that is no number (the field overflowed) shrinks as much as possible.
    const shrink = error < Infinity ? Math.max(largestShrink, safety * Math.pow(error, -exponent)) : largestShrink;
    this.#plan(row, this.step[row] * shrink);
  }

  /** Takes the wanted step next, cut to the end of the interval; stretched by up to 1 % where that spares a sliver. */
  #plan(row: number, wanted: number): void {
    const { from, to, maxSteps } = this.#options;
    if (this.attempts[this.rows[row]] >= maxSteps) {
      throw new IntegrationError(`more than ${maxSteps} steps are needed to reach t = ${to}`, this.rows[row], this.time[row]);
    }
    const left = to - this.time[row];
    if (Math.abs(wanted) < smallestStep * Math.abs(to - from)) {
      throw new IntegrationError(`the step shrank to ${wanted} without meeting the tolerance`, this.rows[row], this.time[row]);
    }
    this.step[row] = Math.abs(left) <= 1.01 * Math.abs(wanted) ? left : wanted;
  }
}
