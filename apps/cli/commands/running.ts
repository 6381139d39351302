import { CfgenError } from '@cfgen/contracts';
import type { StepContext } from '@cfgen/stages';
import { interruptible } from '../terminal/interruption';
import { progressLines, silentProgress, stageName, type ProgressDisplay } from '../terminal/progress';
import { StageTimes } from '../terminal/stage-times';
import { engineName, memoryBytes, precisionOf, threadCount, type ComputeOptions, type OutputOptions } from './common-options';
import { noteProblem, printAnswer, type Answer, type Session } from './session';

/** A step under way. */
export interface Running {
  readonly context: StepContext;
  readonly times: StageTimes;
}

/**
 * Runs a step with an engine, progress, problems, signals and times, and prints its answer.
 *
 * @param afterInterrupt what the user can do once it was stopped
 */
export async function runStep(
  session: Session,
  options: OutputOptions & ComputeOptions,
  afterInterrupt: string,
  work: (running: Running) => Promise<Answer>,
): Promise<void> {
  const name = engineName(options.engine);
  const threads = threadCount(options.threads);
  const precision = precisionOf(options.precision);
  const memory = memoryBytes(options.memory);
  const display = await displayFor(session, options);
  const interruption = interruptible(session.stops, () => display.print(['stopping ... (press Ctrl-C again to end at once)']));
  const times = new StageTimes(session.clock);
  try {
    const { createEngine } = await import('@cfgen/compute');
    const { engine } = await createEngine(name, { threads, precision });
    try {
      const context: StepContext = {
        engine,
        version: session.version,
        memory,
        signal: interruption.signal,
        onProgress: (progress) => {
          times.enter(stageName(progress));
          display.report(progress);
        },
        onProblem: (problem) => {
          if (noteProblem(session, problem)) display.tell(problem);
        },
      };
      const answer = await work({ context, times });
      display.finish();
      const seconds = { total: times.total(), ...times.stages() };
      printAnswer(session, { ...answer, json: { ...answer.json, engine: engine.describe(), seconds } }, options.json === true);
    } finally {
      await engine.close();
    }
  } catch (thrown) {
    display.stop();
    throw interruption.signal.aborted ? interrupted(thrown, afterInterrupt) : thrown;
  } finally {
    interruption.release();
  }
}

/** Bars on a terminal, lines elsewhere, nothing for machines. Problems are told unless they go into the JSON. */
export async function displayFor(session: Session, { json, quiet }: OutputOptions): Promise<ProgressDisplay> {
  if (json === true || quiet === true) return silentProgress(session.stderr, json !== true);
  if (session.stderr.isTTY !== true) return progressLines(session.stderr, session.clock);
  const { progressBars } = await import('../terminal/progress-bars');
  return progressBars(session.stderr, session.clock);
}

/** The error of a step that was stopped, with what to do next. */
export function interrupted(thrown: unknown, hint: string): unknown {
  if (!(thrown instanceof CfgenError) || thrown.code !== 'INTERRUPTED') return thrown;
  return new CfgenError('INTERRUPTED', thrown.message, { hint, retryable: true, details: thrown.details, cause: thrown });
}
