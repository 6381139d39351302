import type { ErrorShape } from '@cfgen/contracts';
import { errorShapeOf } from '@cfgen/jobs';
import {
  artifactRows,
  dataSetRows,
  modelAliasRows,
  modelRows,
  outboxRows,
  runEventRows,
  runRows,
  runStepRows,
  type OutboxEntry,
  type RunRow,
  type RunRowState,
  type RunStepRow,
  type StepSummaryRow,
  type Transaction,
} from '@cfgen/persistence';
import { advance, nothingPrepared, type Advance, type Prepared } from './advance';
import { cancelEntries, commandEntry, type Cause, type MessageSource } from './commands';
import type { RunArtifact, RunOutcome } from './definitions/run-definition';
import { runDefinition } from './definitions/run-definitions';
import { problemsOf, summaryOf } from './run-summary';

/** A run under lock, with its steps, and what has changed in it within this transaction. */
export interface LockedRun {
  run: RunRow;
  readonly steps: Map<string, StepSummaryRow>;
  /** What happened, for the record; one row of `run_events` each. */
  readonly happened: { readonly kind: string; readonly data: Readonly<Record<string, unknown>> }[];
}

/** What has to be done outside the transaction before the run can go on. */
export type Preparation = Pick<Advance, 'wanted' | 'unread'>;

export const endStates: ReadonlySet<RunRowState> = new Set(['succeeded', 'failed', 'cancelled']);

export async function lockRun(transaction: Transaction, runId: string): Promise<LockedRun | null> {
  const run = await runRows.lock(transaction, runId);
  if (run === null) return null;
  const steps = await runStepRows.ofRun(transaction, runId);
  return { run, steps: new Map(steps.map((step) => [step.key, step])), happened: [] };
}

/**
 * Brings a locked run as far as it gets: commands go to the outbox, an end is put on record. Everything it does lies in the transaction.
 */
export async function settleRun(
  transaction: Transaction,
  locked: LockedRun,
  cause: Cause,
  source: MessageSource,
  prepared: Prepared = nothingPrepared,
): Promise<Preparation> {
  const { run, steps } = locked;
  const next = tryAdvance(run, steps, prepared);
  let preparation: Preparation = { wanted: [], unread: [] };
  if (run.state === 'cancelling') {
    if (![...steps.values()].some(isUnfinished)) end(locked, 'cancelled', null, source.now());
  } else if (!endStates.has(run.state)) {
    if (next.end?.state === 'failed') await failRun(transaction, locked, next.end.error, cause, source);
    else if (next.end?.state === 'succeeded') await succeed(transaction, locked, next.end, source);
    else preparation = (await issue(transaction, locked, next, cause, source)) ? next : preparation;
  }
  await record(transaction, locked, next, source.now());
  return preparation;
}

/** A definition that cannot go on with what it got, as after a result that does not read, ends its run instead of blocking the events of others. */
function tryAdvance(run: RunRow, steps: ReadonlyMap<string, StepSummaryRow>, prepared: Prepared): Advance {
  try {
    return advance(runDefinition(run.type), run.facts, steps, prepared);
  } catch (error) {
    return {
      issue: [],
      wanted: [],
      unread: [],
      end: { state: 'failed', error: errorShapeOf(error) },
      share: run.share,
      weight: run.weight,
      nodes: [],
    };
  }
}

/** Ends a run as failed, and what is under way of it. */
export async function failRun(
  transaction: Transaction,
  locked: LockedRun,
  error: ErrorShape,
  cause: Cause,
  source: MessageSource,
): Promise<void> {
  const now = source.now();
  await stopJobs(transaction, locked, `the run failed: ${error.message}`, cause, source);
  for (const step of [...locked.steps.values()].filter(isUnfinished)) {
    await changeStep(transaction, locked, step, { state: 'cancelled', finishedAt: now });
  }
  end(locked, 'failed', error, now);
  const outcome = outcomeOfFailure(locked.run, error);
  await apply(transaction, locked, outcome, [], source);
}

function outcomeOfFailure(run: RunRow, error: ErrorShape): RunOutcome {
  try {
    return runDefinition(run.type).failed?.(run.facts, error) ?? { kind: 'none' };
  } catch {
    // Facts that do not read are why the run fails, and are told as its error.
    return { kind: 'none' };
  }
}

/** Tells the services to stop what is under way of a run. */
export async function stopJobs(
  transaction: Transaction,
  locked: LockedRun,
  reason: string,
  cause: Cause,
  source: MessageSource,
): Promise<void> {
  const jobs = [...locked.steps.values()].filter(isUnfinished).map(({ jobId }) => jobId);
  const entries = cancelEntries(locked.run.id, jobs, reason, cause, source);
  if (entries.length > 0) await outboxRows.add(transaction, source.producer, entries, source.now());
}

export function isUnfinished(step: Pick<StepSummaryRow, 'state'>): boolean {
  return step.state === 'issued' || step.state === 'running';
}

export async function changeStep(
  transaction: Transaction,
  locked: LockedRun,
  step: StepSummaryRow,
  changes: Partial<Omit<RunStepRow, 'runId' | 'key'>>,
): Promise<void> {
  await runStepRows.update(transaction, step.runId, step.key, changes);
  const { inputs: _inputs, checkpoint: _checkpoint, ...visible } = changes;
  locked.steps.set(step.key, { ...step, ...visible });
  if (changes.state !== undefined) locked.happened.push({ kind: 'step', data: { step: step.key, state: changes.state } });
}

export function changeRun(locked: LockedRun, changes: Partial<RunRow>): void {
  if (changes.state !== undefined && changes.state !== locked.run.state) {
    locked.happened.push({ kind: 'run', data: { state: changes.state } });
  }
  locked.run = { ...locked.run, ...changes };
}

function end(locked: LockedRun, state: RunRowState, error: ErrorShape | null, now: number): void {
  changeRun(locked, { state, error, finishedAt: now });
}

async function succeed(
  transaction: Transaction,
  locked: LockedRun,
  { artifacts, outcome }: { readonly artifacts: readonly RunArtifact[]; readonly outcome: RunOutcome },
  source: MessageSource,
): Promise<void> {
  const now = source.now();
  await artifactRows.insert(
    transaction,
    artifacts.map(({ name, ref }) => ({ runId: locked.run.id, name, ref, createdAt: now })),
  );
  end(locked, 'succeeded', null, now);
  await apply(transaction, locked, outcome, artifacts, source);
}

async function apply(
  transaction: Transaction,
  locked: LockedRun,
  outcome: RunOutcome,
  artifacts: readonly RunArtifact[],
  source: MessageSource,
): Promise<void> {
  const now = source.now();
  if (outcome.kind === 'model') {
    const id = source.newId();
    const { summary, dataSetId, ref, alias } = outcome;
    await modelRows.insert(transaction, {
      id,
      modelSha256: String(summary['modelSha256']),
      runId: locked.run.id,
      dataSetId,
      ref,
      files: artifacts,
      cells: Number(summary['cells']),
      features: Number(summary['features']),
      attributes: summary['attributes'] as Readonly<Record<string, unknown>>[],
      createdAt: now,
      deletedAt: null,
    });
    if (alias !== null) await modelAliasRows.set(transaction, { alias, modelId: id, updatedAt: now });
    changeRun(locked, { modelId: id });
  }
  if (outcome.kind === 'data-set') {
    const changes =
      outcome.state === 'refused'
        ? { state: outcome.state, error: outcome.error }
        : {
            state: outcome.state,
            error: null,
            cells: Number(outcome.summary['cells']),
            features: Number(outcome.summary['features']),
            format: String(outcome.summary['format']),
            inspection: outcome.inspection,
          };
    await dataSetRows.update(transaction, outcome.id, { ...changes, problems: problemsOf([...locked.steps.values()]) });
  }
}

/** Commands what can be commanded. Answers false when that ended the run. */
async function issue(transaction: Transaction, locked: LockedRun, next: Advance, cause: Cause, source: MessageSource): Promise<boolean> {
  const { run } = locked;
  const now = source.now();
  let issued: { readonly row: RunStepRow; readonly entry: OutboxEntry }[];
  try {
    issued = next.issue.map(({ node, refs }) => {
      const jobId = source.newId();
      const { key, type, data, weight } = node;
      const entry = commandEntry({ runId: run.id, jobId, step: key, attempt: run.attempt, type, data, refs }, cause, source);
      const row: RunStepRow = {
        ...{ runId: run.id, key, type, jobId, state: 'issued', weight, inputs: refs, result: null, checkpoint: [], error: null },
        ...{ createdAt: now, startedAt: null, finishedAt: null },
      };
      return { row, entry };
    });
  } catch (error) {
    await failRun(transaction, locked, errorShapeOf(error), cause, source);
    return false;
  }
  const again = issued.filter(({ row }) => locked.steps.has(row.key));
  const fresh = issued.filter(({ row }) => !locked.steps.has(row.key));
  await runStepRows.insert(
    transaction,
    fresh.map(({ row }) => row),
  );
  for (const { row } of again) {
    const { jobId, state, inputs, checkpoint, result, error, startedAt, finishedAt } = row;
    await runStepRows.update(transaction, row.runId, row.key, { jobId, state, inputs, checkpoint, result, error, startedAt, finishedAt });
  }
  for (const { row } of issued) {
    locked.steps.set(row.key, row);
    locked.happened.push({ kind: 'step', data: { step: row.key, state: 'issued' } });
  }
  await outboxRows.add(
    transaction,
    source.producer,
    issued.map(({ entry }) => entry),
    now,
  );
  return true;
}

/** Writes the run row and what happened. */
async function record(transaction: Transaction, locked: LockedRun, next: Advance, now: number): Promise<void> {
  if (locked.happened.length === 0) return;
  const { run, steps, happened } = locked;
  const summary = next.nodes.length === 0 ? {} : summaryOf(next.nodes, steps);
  const sequence = run.sequence + happened.length;
  locked.run = { ...run, ...summary, share: next.share, weight: next.weight, sequence };
  const { id, ...columns } = locked.run;
  const { request: _request, facts: _facts, type: _type, hidden: _hidden, createdAt: _createdAt, ...changing } = columns;
  await runRows.update(transaction, id, changing);
  await runEventRows.append(
    transaction,
    happened.map(({ kind, data }, i) => ({ runId: id, sequence: run.sequence + i + 1, kind, data, createdAt: now })),
  );
  happened.length = 0;
}
