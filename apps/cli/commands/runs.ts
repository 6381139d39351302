import type { Run } from '@cfgen/client';
import { isEndState, runStates, runTypes } from '@cfgen/contracts';
import type { Command } from 'commander';
import { choiceOf } from '../options/choices';
import { wholeNumber } from '../options/numbers';
import { addServer, clientOf, runCommand, type ServerOptions } from '../server/connection';
import { bytes, duration, share } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addOutputOptions, type OutputOptions } from './common-options';
import { commandGroup } from './command-group';
import { printAnswer, type Session } from './session';

interface Options extends OutputOptions, ServerOptions {}

const examples = `
Examples:
  cfgen runs list --state running
  cfgen runs watch 01ARZ3NDEKTSV4RRFFQ69G5FAV --out synthetic.h5ad      follow it, then download what it made
  cfgen runs retry 01ARZ3NDEKTSV4RRFFQ69G5FAV                           go on from what it had reached`;

/** `cfgen runs ...`: what a server is doing. */
export function addRuns(program: Command, session: Session): void {
  const group = commandGroup(program, 'runs', 'list, watch, cancel and retry the work of a server', examples);
  const add = (name: string, summary: string): Command =>
    addOutputOptions(addServer(group.command(name).summary(summary).description(summary)));

  add('list', 'list the latest runs')
    .option('--type <type>', `only these: ${runTypes.join(', ')}`)
    .option('--state <state>', `only these: ${runStates.join(', ')}`)
    .option('--limit <n>', 'how many', '20')
    .action((options: Options & ListOptions) => list(session, options));
  add('show', 'show a run: its steps, what it made, what went wrong')
    .argument('<run>', 'id of the run')
    .action((id: string, options: Options) => show(session, id, options));
  add('watch', 'follow a run to its end; Ctrl-C ends the watching, not the run')
    .argument('<run>', 'id of the run')
    .option('--out <path>', 'download what it made: a file for cells, a folder for a model or a report')
    .option('--overwrite', 'replace what is there')
    .action((id: string, options: Options & WatchOptions) => watch(session, id, options));
  add('cancel', 'stop a run')
    .argument('<run>', 'id of the run')
    .action((id: string, options: Options) => cancel(session, id, options));
  add('retry', 'go on with a run that failed or was cancelled')
    .argument('<run>', 'id of the run')
    .action((id: string, options: Options) => retry(session, id, options));
}

interface ListOptions {
  readonly type?: string;
  readonly state?: string;
  readonly limit: string;
}

async function list(session: Session, options: Options & ListOptions): Promise<void> {
  const limit = wholeNumber('--limit', options.limit, { min: 1, max: 200 });
  const query = {
    limit,
    type: choiceOf('--type', options.type, runTypes),
    state: choiceOf('--state', options.state, runStates),
  };
  const client = await clientOf(session, options);
  const { items } = await client.listRuns(query);
  const rows = items.map((run) => [run.id, run.type, run.state, progressText(run), run.createdAt]);
  const lines = items.length === 0 ? ['There are no such runs.'] : table([['run', 'type', 'state', 'done', 'created'], ...rows]);
  printAnswer(session, { lines, json: { command: 'runs list', runs: items } }, options.json === true);
}

async function show(session: Session, id: string, options: Options): Promise<void> {
  const client = await clientOf(session, options);
  const run = await client.getRun(id);
  printAnswer(session, { lines: runLines(run), json: { command: 'runs show', run } }, options.json === true);
}

interface WatchOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
}

async function watch(session: Session, id: string, options: Options & WatchOptions): Promise<void> {
  const [{ onServer, runToItsEnd }, { checkOutput, fetchResult }] = [await import('../server/watching'), await import('../server/results')];
  const output = options.out === undefined ? undefined : { out: options.out, overwrite: options.overwrite === true };
  if (output !== undefined) checkOutput(output);
  await onServer(session, options, async (watching) => {
    watching.started(await watching.client.getRun(id, { signal: watching.signal }));
    const run = await runToItsEnd(watching, id);
    if (output !== undefined) return fetchResult(watching, run, output);
    return { lines: runLines(run), json: { command: 'runs watch', run } };
  });
}

async function cancel(session: Session, id: string, options: Options): Promise<void> {
  const client = await clientOf(session, options);
  const run = await client.cancelRun(id);
  const lines = [
    isEndState(run.state) ? `The run is ${run.state}.` : 'The run stops at its next boundary.',
    `Go on with it by: ${runCommand(options, 'retry', id)}`,
  ];
  printAnswer(session, { lines, json: { command: 'runs cancel', run } }, options.json === true);
}

async function retry(session: Session, id: string, options: Options): Promise<void> {
  const client = await clientOf(session, options);
  const run = await client.retryRun(id);
  printAnswer(
    session,
    { lines: ['The run goes on.', `Watch it with: ${runCommand(options, 'watch', id)}`], json: { command: 'runs retry', run } },
    options.json === true,
  );
}

function runLines(run: Run): string[] {
  const { error, stages, artifacts, problems } = run;
  return [
    `Run ${run.id}: ${run.type}, ${run.state}`,
    ...indented(
      table([
        ['created', run.createdAt],
        ...(run.finishedAt === null ? [['done', progressText(run)]] : [['finished', run.finishedAt]]),
        ...(run.attempt > 1 ? [['attempt', String(run.attempt)]] : []),
        ...(run.modelId === null ? [] : [['model', run.modelId]]),
      ]),
    ),
    ...(stages.length === 0 ? [] : ['Steps', ...indented(table(stages.map(stageRow)))]),
    ...(artifacts.length === 0 ? [] : ['Files', ...indented(table(artifacts.map((file) => [file.name, bytes(file.bytes)])))]),
    ...problems.map(({ severity, message }) => `${severity}: ${message}`),
    ...(error === null ? [] : [`error ${error.code}: ${error.message}`, ...(error.hint === undefined ? [] : [`hint: ${error.hint}`])]),
  ];
}

function stageRow({ name, state, jobs }: Run['stages'][number]): string[] {
  return [name, state, jobs.total === 0 ? '' : `${jobs.succeeded} of ${jobs.total} jobs`, jobs.failed === 0 ? '' : `${jobs.failed} failed`];
}

function progressText({ share: done, secondsLeft, state }: Run): string {
  const left = secondsLeft === null || isEndState(state) ? '' : `, ${duration(secondsLeft)} left`;
  return `${share(done)}${left}`;
}
