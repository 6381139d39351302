import { blobKey, CfgenError, gatewayGroup, type BlobRef, type Envelope, type ErrorShape } from '@cfgen/contracts';
import { errorShapeOf } from '@cfgen/jobs';
import { inboxRows, runRows, type Database, type RunRow, type Transaction } from '@cfgen/persistence';
import type { BlobStore } from '@cfgen/storage';
import { nothingPrepared, type Prepared, type WantedManifest } from './advance';
import type { Cause, MessageSource } from './commands';
import {
  changeRun,
  changeStep,
  endStates,
  failRun,
  lockRun,
  settleRun,
  stopJobs,
  type LockedRun,
  type Preparation,
} from './run-progression';
import { stepChanges } from './step-changes';

export interface RunEngineOptions extends MessageSource {
  readonly database: Database;
  readonly blobs: BlobStore;
  /** Called after a change of a run is committed, so that those who watch it look again; never with the run itself. */
  readonly onChange?: (runId: string) => void;
  /** Called after messages were written to the outbox. */
  readonly onOutbox?: () => void;
}

/** A run to begin. */
export interface NewRun {
  readonly id: string;
  readonly type: string;
  readonly hidden: boolean;
  /** As it was asked for. */
  readonly request: Readonly<Record<string, unknown>>;
  /** As its definition wants it. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Largest JSON that is read from the blob store on behalf of a run. */
const maximumContentBytes = 16 * 1024 * 1024;
/** Rounds of preparing and advancing; a definition that wants more is broken. */
const maximumRounds = 8;

/**
 * Carries runs through: turns events of the stages into the next commands. All state is in rows, so that it may die between any two
 * statements and any number of replicas may share the work; what it keeps in memory it can find again.
 */
export class RunEngine {
  constructor(private readonly options: RunEngineOptions) {}

  /**
   * Begins a run and commands its first steps. A run with this id that is there already is answered as it is.
   *
   * @param alongside further changes in the same transaction
   */
  async start(run: NewRun, alongside?: (transaction: Transaction) => Promise<void>, traceparent = ''): Promise<RunRow> {
    const cause = { id: run.id, traceparent };
    return this.change(run.id, cause, async (transaction) => {
      await alongside?.(transaction);
      await runRows.insert(transaction, newRow(run, this.options.now()));
      return null;
    });
  }

  /** Takes an event of a stage. Events of unknown and ended runs, and those seen before, change nothing. */
  async handle(event: Envelope): Promise<void> {
    const { database, now } = this.options;
    const cause = { id: event.id, traceparent: event.traceparent };
    const preparation = await database.transaction(async (transaction) => {
      const fresh = await inboxRows.remember(transaction, gatewayGroup, event.id, now());
      const locked = await lockRun(transaction, event.runId);
      if (locked === null || endStates.has(locked.run.state)) return null;
      if (fresh) await this.apply(transaction, locked, event);
      // A repeated event moves a run on too: it may be the one that came before the process died.
      return settleRun(transaction, locked, cause, this.options);
    });
    if (preparation === null) return;
    this.committed(event.runId);
    await this.prepareAndGoOn(event.runId, preparation, cause);
  }

  /**
   * Stops a run: what is under way is told to stop, nothing further is commanded.
   *
   * @throws CfgenError NOT_FOUND, CONFLICT when it has ended otherwise
   */
  async cancel(runId: string, reason = 'cancelled on request'): Promise<RunRow> {
    const cause = { id: runId, traceparent: '' };
    return this.change(runId, cause, async (transaction) => {
      const locked = await this.locked(transaction, runId);
      const { state } = locked.run;
      if (state === 'cancelled' || state === 'cancelling') return locked;
      if (endStates.has(state)) {
        throw new CfgenError('CONFLICT', `run ${runId} has ${state} and cannot be cancelled`, { details: { runId, state } });
      }
      changeRun(locked, { state: 'cancelling' });
      for (const step of [...locked.steps.values()].filter(({ state: waiting }) => waiting === 'waiting')) {
        await changeStep(transaction, locked, step, { state: 'cancelled', finishedAt: this.options.now() });
      }
      await stopJobs(transaction, locked, reason, cause, this.options);
      return locked;
    });
  }

  /**
   * Goes on with a run that failed or was cancelled: what succeeded is kept, the rest is commanded anew.
   *
   * @throws CfgenError NOT_FOUND, CONFLICT when it has not ended so
   */
  async retry(runId: string): Promise<RunRow> {
    const cause = { id: runId, traceparent: '' };
    return this.change(runId, cause, async (transaction) => {
      const locked = await this.locked(transaction, runId);
      const { state, attempt, share } = locked.run;
      if (state !== 'failed' && state !== 'cancelled') {
        throw new CfgenError('CONFLICT', `run ${runId} is ${state}; only one that failed or was cancelled can be tried again`, {
          details: { runId, state },
        });
      }
      changeRun(locked, { state: 'queued', attempt: attempt + 1, error: null, startedAt: null, finishedAt: null, shareAtStart: share });
      for (const step of [...locked.steps.values()].filter((each) => each.state !== 'succeeded')) {
        await changeStep(transaction, locked, step, { state: 'waiting', result: null, error: null, startedAt: null, finishedAt: null });
      }
      return locked;
    });
  }

  /**
   * Looks at every run that has not ended and brings it on, as far as nothing is missing. For the start, and now and then: a process may
   * have died between preparing and commanding.
   *
   * @throws the first of the failures, after all runs were looked at
   */
  async sweep(): Promise<number> {
    const runIds = await this.options.database.transaction((transaction) => runRows.activeIds(transaction));
    const failures: unknown[] = [];
    for (const runId of runIds) {
      await this.change(runId, { id: runId, traceparent: '' }, () => Promise.resolve(null)).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    return runIds.length;
  }

  private async apply(transaction: Transaction, locked: LockedRun, event: Envelope): Promise<void> {
    const step = [...locked.steps.values()].find(({ jobId }) => jobId === event.jobId);
    if (step === undefined) return;
    const now = this.options.now();
    const changes = stepChanges(step, event, locked.run.state === 'cancelling', now);
    if (changes === null) return;
    await changeStep(transaction, locked, step, changes);
    if (locked.run.state === 'queued') changeRun(locked, { state: 'running', startedAt: locked.run.startedAt ?? now });
  }

  /** Changes a run and settles it in one transaction, then does what has to be done outside. */
  private async change(runId: string, cause: Cause, work: (transaction: Transaction) => Promise<LockedRun | null>): Promise<RunRow> {
    const { database } = this.options;
    const { run, preparation } = await database.transaction(async (transaction) => {
      const locked = (await work(transaction)) ?? (await this.locked(transaction, runId));
      const wanted = await settleRun(transaction, locked, cause, this.options);
      return { run: locked.run, preparation: wanted };
    });
    this.committed(runId);
    return (await this.prepareAndGoOn(runId, preparation, cause)) ?? run;
  }

  /** Puts and reads what a run needs from the blob store, outside any transaction, and advances it again with that. */
  private async prepareAndGoOn(runId: string, first: Preparation, cause: Cause): Promise<RunRow | null> {
    let preparation = first;
    let prepared: Prepared = nothingPrepared;
    let run: RunRow | null = null;
    for (let round = 0; preparation.wanted.length > 0 || preparation.unread.length > 0; round++) {
      const ready = round < maximumRounds ? await this.prepare(preparation, prepared) : tooManyRounds(runId);
      const next = await this.options.database.transaction(async (transaction) => {
        const locked = await this.locked(transaction, runId);
        if ('error' in ready) {
          if (!endStates.has(locked.run.state)) await failRun(transaction, locked, ready.error, cause, this.options);
          return { run: locked, preparation: await settleRun(transaction, locked, cause, this.options) };
        }
        return { run: locked, preparation: await settleRun(transaction, locked, cause, this.options, ready) };
      });
      this.committed(runId);
      run = next.run.run;
      if ('error' in ready) break;
      prepared = ready;
      preparation = next.preparation;
    }
    return run;
  }

  /** @throws what may go away by itself; the message that led here comes again, or the next sweep does */
  private async prepare({ wanted, unread }: Preparation, before: Prepared): Promise<Prepared | { readonly error: ErrorShape }> {
    try {
      const manifests = new Map(before.manifests);
      for (const manifest of wanted) manifests.set(manifest.text, await this.put(manifest));
      const contents = new Map(before.contents);
      for (const ref of unread) contents.set(ref.sha256, await this.read(ref));
      return { manifests, contents };
    } catch (error) {
      if (error instanceof CfgenError && !error.retryable) return { error: errorShapeOf(error) };
      throw error;
    }
  }

  private async put({ name, schema, text }: WantedManifest): Promise<BlobRef> {
    const { sha256, bytes } = await this.options.blobs.put(new TextEncoder().encode(text));
    return { name, uri: blobKey(sha256), sha256, bytes, mediaType: 'application/json', schema };
  }

  private async read(ref: BlobRef): Promise<unknown> {
    if (ref.bytes > maximumContentBytes) {
      throw new CfgenError('INTERNAL', `${ref.name} (${ref.schema}) has ${ref.bytes} bytes, more than is read of such a content`);
    }
    const bytes = await this.options.blobs.readWhole(ref.sha256);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (cause) {
      throw new CfgenError('BLOB_DAMAGED', `${ref.name} (${ref.sha256}) is not JSON`, { cause });
    }
  }

  private async locked(transaction: Transaction, runId: string): Promise<LockedRun> {
    const locked = await lockRun(transaction, runId);
    if (locked === null) throw new CfgenError('NOT_FOUND', `there is no run ${runId}`, { details: { runId } });
    return locked;
  }

  private committed(runId: string): void {
    this.options.onOutbox?.();
    this.options.onChange?.(runId);
  }
}

function tooManyRounds(runId: string): { readonly error: ErrorShape } {
  return { error: errorShapeOf(new CfgenError('INTERNAL', `run ${runId} asks for ever more contents`)) };
}

function newRow(run: NewRun, now: number): RunRow {
  return {
    ...run,
    state: 'queued',
    stages: [],
    share: 0,
    shareAtStart: 0,
    weight: 0,
    error: null,
    problems: [],
    modelId: null,
    figures: {},
    attempt: 1,
    sequence: 0,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
  };
}
