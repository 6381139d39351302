import type { Run } from '@cfgen/client';
import { CfgenError } from '@cfgen/contracts';
import { displayFor, interrupted } from '../commands/running';
import { noteProblem, printAnswer, type Answer, type Session } from '../commands/session';
import type { OutputOptions } from '../commands/common-options';
import { interruptible } from '../terminal/interruption';
import { clientOf, runCommand, type ServerOptions } from './connection';
import type { ServerWork } from './data-sets';

/** Work on a server under way. */
export interface Watching extends ServerWork {
  /** Notes the run that a Ctrl-C from now on leaves behind, so that the user is told how to come back to it. */
  started(run: Run): void;
}

/**
 * Does work on a server with the progress, problems and signals that work on this machine has, and prints its answer. A Ctrl-C ends the
 * watching; what was started goes on.
 */
export async function onServer(
  session: Session,
  options: OutputOptions & ServerOptions,
  work: (watching: Watching) => Promise<Answer>,
): Promise<void> {
  const client = await clientOf(session, options);
  const display = await displayFor(session, options);
  const interruption = interruptible(session.stops, () => undefined);
  let left: Run | undefined;
  try {
    const watching: Watching = {
      client,
      runCommand: (word, id) => runCommand(options, word, id),
      signal: interruption.signal,
      display: { ...display, tell: (problem) => (noteProblem(session, problem) ? display.tell(problem) : undefined) },
      started: (run) => (left = run),
    };
    const answer = await work(watching);
    display.finish();
    printAnswer(session, answer, options.json === true);
  } catch (thrown) {
    display.stop();
    throw interruption.signal.aborted ? interrupted(thrown, afterInterrupt(left, options)) : thrown;
  } finally {
    interruption.release();
  }
}

function afterInterrupt(run: Run | undefined, options: ServerOptions): string {
  if (run === undefined) return 'Nothing was started on the server; run the same command again.';
  return `The run goes on. Watch it with: ${runCommand(options, 'watch', run.id)}; stop it with: ${runCommand(options, 'cancel', run.id)}`;
}

/**
 * Follows a run to its end.
 *
 * @throws CfgenError with the code of what it failed with, CANCELLED
 */
export async function runToItsEnd({ client, display, signal, runCommand: commandFor }: ServerWork, id: string): Promise<Run> {
  let last: Run | undefined;
  const report = (stage: string, share: number, figures?: Readonly<Record<string, number>>): void =>
    display.report({ stage, done: Math.floor(100 * share), total: 100, unit: '%', ...(figures === undefined ? {} : { figures }) });
  for await (const { event, data } of client.watchRun(id, { signal })) {
    if (event === 'progress') report(`${last?.type ?? 'run'}: ${data.stage}`, data.share, data.figures);
    else {
      last = data;
      for (const problem of data.problems) display.tell(problem);
      report(data.state === 'queued' ? `${data.type}: waiting` : data.type, data.share);
    }
  }
  const run = last ?? (await client.getRun(id, { signal }));
  if (run.state === 'succeeded') {
    report(run.type, 1);
    return run;
  }
  throw endedBadly(run, commandFor('retry', id));
}

function endedBadly({ id, state, error }: Run, retry: string): CfgenError {
  if (state === 'cancelled') {
    return new CfgenError('CANCELLED', `the run ${id} was cancelled`, { hint: `Go on with it by: ${retry}`, details: { run: id } });
  }
  return new CfgenError(error?.code ?? 'INTERNAL', error?.message ?? `the run ${id} failed without saying why`, {
    hint: error?.hint ?? `The run is ${id}. Go on from what it had reached by: ${retry}`,
    retryable: error?.retryable ?? false,
    details: { ...error?.details, run: id },
  });
}
