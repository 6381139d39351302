import type { Problem } from '@cfgen/contracts';
import type { StepProgress } from '@cfgen/stages';
import { problemLines } from './messages';
import { PaceMeter, type Pace } from './pace';
import { count, duration, figure } from './quantities';
import type { TextStream } from './surroundings';

/** Shows where a step stands and what it has to tell. */
export interface ProgressDisplay {
  report(progress: StepProgress): void;
  tell(problem: Problem): void;
  /** Lines that must not be mixed into a bar that is being drawn. */
  print(lines: readonly string[]): void;
  /** Ends the stage that is shown, if any. */
  finish(): void;
  /** The same for a stage that did not come to its end. */
  stop(): void;
}

/** Shows nothing of the progress, and problems only when asked to. */
export function silentProgress(stderr: TextStream, problems: boolean): ProgressDisplay {
  const print = (lines: readonly string[]): void => void stderr.write(`${lines.join('\n')}\n`);
  return {
    report: () => undefined,
    tell: (problem) => (problems ? print(problemLines(problem)) : undefined),
    print,
    finish: () => undefined,
    stop: () => undefined,
  };
}

/** A line at most every so many seconds, and one at the end of each stage. For logs and pipes. */
const secondsBetweenLines = 5;

export function progressLines(stderr: TextStream, clock: () => number): ProgressDisplay {
  let stage: Stage | undefined;
  let lastLine = clock();
  const print = (lines: readonly string[]): void => void stderr.write(`${lines.join('\n')}\n`);
  const leave = (line: (stage: Stage) => string): void => {
    if (stage !== undefined) print([line(stage)]);
    stage = undefined;
  };
  const finish = (): void => leave((ended) => ended.ended());
  return {
    report(progress) {
      if (stage?.name !== stageName(progress)) {
        finish();
        stage = new Stage(progress, clock);
        lastLine = clock();
      }
      const pace = stage.report(progress);
      if (clock() - lastLine < secondsBetweenLines) return;
      lastLine = clock();
      print([runningLine(progress, pace)]);
    },
    tell(problem) {
      if (stage?.isComplete === true) finish();
      print(problemLines(problem));
    },
    print,
    finish,
    stop: () => leave((stopped) => stopped.stopped()),
  };
}

/** One stage of a step from its first report on. */
export class Stage {
  readonly name: string;
  readonly #started: number;
  readonly #meter: PaceMeter;
  #last: StepProgress;

  constructor(
    first: StepProgress,
    private readonly clock: () => number,
  ) {
    this.name = stageName(first);
    this.#started = clock();
    this.#meter = new PaceMeter(clock);
    this.#last = first;
  }

  get last(): StepProgress {
    return this.#last;
  }

  /** Nothing is left to do in it: what is told now belongs to what comes next. */
  get isComplete(): boolean {
    return this.#last.done >= this.#last.total;
  }

  report(progress: StepProgress): Pace {
    this.#last = progress;
    return this.#meter.report(progress.done, progress.total);
  }

  /** The line that stays when the stage is over. */
  ended(): string {
    const what = this.#last.unit === '%' ? this.name : `${this.name}: ${this.#reached()}`;
    return [`${what} in ${this.#time()}`, ...figuresOf(this.#last)].join(', ');
  }

  /** The line that stays when the stage was cut off. */
  stopped(): string {
    return `${this.name}: stopped at ${this.#reached()} after ${this.#time()}`;
  }

  #reached(): string {
    const { done, total, unit } = this.#last;
    if (unit === '%') return `${done} %`;
    return done < total ? `${count(done)} of ${count(total)} ${unit}` : `${count(total)} ${unit}`;
  }

  #time(): string {
    return duration(this.clock() - this.#started);
  }
}

function runningLine(progress: StepProgress, pace: Pace): string {
  const { done, total, unit } = progress;
  const percent = `${Math.floor((100 * done) / Math.max(1, total))} %`;
  const of = unit === '%' ? '' : ` (${count(done)} of ${count(total)} ${unit})`;
  return [`${stageName(progress)}: ${percent}${of}`, ...remarks(progress, pace)].join(', ');
}

/** A stage may name what it is at after a colon: `evaluate: maps` is the stage `evaluate`. */
export function stageName({ stage }: StepProgress): string {
  return stage.split(': ', 1)[0] ?? stage;
}

/** What is said beside the percentage: the part of the stage, `45.2 steps/s`, `12 s left`, `loss 812.3`. */
export function remarks(progress: StepProgress, { rate, left }: Pace): string[] {
  const part = progress.stage.slice(stageName(progress).length + 2);
  return [
    ...(part === '' ? [] : [part]),
    ...(rate === undefined || progress.unit === '%' ? [] : [`${figure(Number(rate.toPrecision(3)))} ${progress.unit}/s`]),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...figuresOf(progress),
  ];
}

function figuresOf({ figures }: StepProgress): string[] {
  return Object.entries(figures ?? {}).map(([name, value]) => `${name} ${figure(value)}`);
}
