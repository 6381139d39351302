import type { Problem } from '@cfgen/contracts';
import { interrupted } from '@cfgen/model';
import type { ReadingContext } from '../context';
import type { JobContext } from './job-context';

/** What reading data in a job takes; what there is to tell is collected, each message once. */
export interface JobReading extends ReadingContext {
  readonly problems: readonly Problem[];
}

export function readingOf(context: JobContext): JobReading {
  const problems: Problem[] = [];
  return {
    memory: context.memory,
    tempFolder: context.workFolder,
    problems,
    onProgress: (progress) => context.progress(progress),
    onProblem: (problem) => {
      if (!problems.some(({ message }) => message === problem.message)) problems.push(problem);
    },
  };
}

/** A boundary at which a step may be stopped. @throws CfgenError INTERRUPTED */
export function stopWhenAborted(context: Pick<JobContext, 'signal'>, what: string): void {
  if (context.signal.aborted) throw interrupted(what);
}
