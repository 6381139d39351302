/** Seconds spent in each stage of a command, by the order in which they are entered. */
export class StageTimes {
  readonly #started: number;
  readonly #seconds = new Map<string, number>();
  #running: { readonly stage: string; readonly since: number } | undefined;

  constructor(private readonly clock: () => number) {
    this.#started = clock();
  }

  /** The given stage is under way; nothing happens when it already was. */
  enter(stage: string): void {
    if (this.#running?.stage === stage) return;
    this.leave();
    this.#running = { stage, since: this.clock() };
  }

  leave(): void {
    if (this.#running === undefined) return;
    const { stage, since } = this.#running;
    this.#seconds.set(stage, (this.#seconds.get(stage) ?? 0) + this.clock() - since);
    this.#running = undefined;
  }

  /** Seconds spent in a stage so far. */
  of(stage: string): number {
    const running = this.#running?.stage === stage ? this.clock() - this.#running.since : 0;
    return (this.#seconds.get(stage) ?? 0) + running;
  }

  /** Seconds of each stage, to the millisecond; ends the one that is running. */
  stages(): Record<string, number> {
    this.leave();
    return Object.fromEntries([...this.#seconds].map(([stage, seconds]) => [stage, rounded(seconds)]));
  }

  /** Seconds since the beginning. */
  total(): number {
    return rounded(this.clock() - this.#started);
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
