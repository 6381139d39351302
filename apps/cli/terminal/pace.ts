/** How fast a stage goes and how long it will take. */
export interface Pace {
  /** Units a second; undefined until two reports are apart. */
  readonly rate: number | undefined;
  /** Seconds left at that rate. */
  readonly left: number | undefined;
}

/** Seconds over which the rate is averaged: short enough to follow a change, long enough to stand still to the eye. */
const memorySeconds = 15;

/** Follows `done` over time. Work done before the first report (of a resumed run) does not count towards the rate. */
export class PaceMeter {
  #samples: { time: number; done: number }[] = [];

  constructor(private readonly clock: () => number) {}

  report(done: number, total: number): Pace {
    const time = this.clock();
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && (this.#samples[1]?.time ?? time) < time - memorySeconds) this.#samples.shift();
    if (this.#samples.length > 256) this.#samples = this.#samples.filter((_, i) => i % 2 === 0 || i === this.#samples.length - 1);
    const first = this.#samples[0];
    if (first === undefined || time - first.time < 0.2 || done <= first.done) return { rate: undefined, left: undefined };
    const rate = (done - first.done) / (time - first.time);
    return { rate, left: (total - done) / rate };
  }
}
