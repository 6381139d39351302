import { dormandPrince } from './butcher-tableaus';
import type { RowSpace, VectorField } from './row-space';
import { evaluateStages, stageArguments, weightedTerms, type StageArguments } from './runge-kutta-stages';
import type { StepControl } from './step-control';

/** Some of the rows of an integration: a space of their number, and the field of theirs. */
export interface RowsAtHand<S> {
  readonly space: RowSpace<S>;
  readonly field: VectorField<S>;
  /** Gives up what the two hold. */
  close(): void;
}

/** The states of the rows that Dormand-Prince steps at once. */
export class RowsUnderWay<S> {
  /** Slopes of the stages; the first is that at the state. */
  readonly slopes: readonly S[];
  /** State after the step that was tried. */
  readonly proposal: S;
  readonly #error: S;
  readonly #atHand: RowsAtHand<S>;
  readonly #state: S;
  readonly #ownsState: boolean;
  readonly #stages: StageArguments<S>;
  readonly #errorTerms: readonly (readonly [number, S])[];
  readonly #stageTime: Float64Array;

  /** @param state of the rows, which stays the caller's unless `ownsState` */
  constructor(atHand: RowsAtHand<S>, state: S, ownsState = false) {
    const { space, field } = atHand;
    this.#atHand = atHand;
    this.#state = state;
    this.#ownsState = ownsState;
    this.slopes = dormandPrince.c.map(() => space.create());
    this.proposal = space.create();
    this.#error = space.create();
    this.#stages = stageArguments(space, field, dormandPrince, this.slopes, this.proposal);
    this.#errorTerms = weightedTerms(dormandPrince.errorWeights, this.slopes);
    this.#stageTime = new Float64Array(space.rows);
  }

  get rows(): number {
    return this.#atHand.space.rows;
  }

  /** Computes the step that `control` plans for each row. */
  async tryStep({ time, step }: StepControl): Promise<void> {
    const stageTime = this.#stageTime;
    const timesAt = (c: number): Float64Array => {
      for (let row = 0; row < stageTime.length; row++) stageTime[row] = time[row] + c * step[row];
      return stageTime;
    };
    // The last stage's state is the fifth-order result itself.
    await evaluateStages(this.#stages, 1, this.#state, step, timesAt);
    const { space } = this.#atHand;
    space.zero(this.#error);
    space.combineRows(this.#error, this.#error, step, this.#errorTerms);
  }

  /** Scaled errors of the step that was tried. */
  errors(atol: number, rtol: number): Promise<ArrayLike<number>> {
    return this.#atHand.space.errorNorm(this.#error, this.#state, this.proposal, atol, rtol);
  }

  /** Makes the proposal the state of the rows that accept it. */
  advance(accepted: Int32Array): void {
    const { space } = this.#atHand;
    space.select(this.#state, this.proposal, accepted);
    space.select(this.slopes[0], this.slopes[this.slopes.length - 1], accepted);
  }

  /** Writes the states to those of all rows. @param rows which of all these are */
  handBack(whole: RowsUnderWay<S>, rows: Int32Array): void {
    const places = new Int32Array(whole.rows).fill(-1);
    rows.forEach((row, place) => (places[row] = place));
    whole.#atHand.space.take(whole.#state, this.#state, places);
  }

  /** The rows at the places `kept`, and nothing of the others. */
  narrowed(atHand: RowsAtHand<S>, kept: Int32Array): RowsUnderWay<S> {
    const { space } = atHand;
    const part = new RowsUnderWay(atHand, space.create(), true);
    space.take(part.#state, this.#state, kept);
    space.take(part.slopes[0], this.slopes[0], kept);
    return part;
  }

  release(): void {
    const { space } = this.#atHand;
    for (const slope of this.slopes) space.release(slope);
    space.release(this.proposal);
    space.release(this.#error);
    if (this.#ownsState) space.release(this.#state);
    this.#atHand.close();
  }
}
