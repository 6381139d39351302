import { CfgenError } from '@cfgen/contracts';
import type { ClaimedJob } from '@cfgen/persistence';
import type { ComputeSlot } from '../compute/compute-host';
import { errorShapeOf } from '../events/error-shape-of';
import { definitionOf, jobCancelled, jobFailed, jobStarted } from '../events/job-events';
import { pauseAfter } from '../waiting/back-off';
import { Waker } from '../waiting/waker';
import { JobAttempt, type AttemptOutcome } from './job-attempt';
import { runnerSettings, type JobRunnerOptions, type RunnerSettings } from './runner-options';

export interface StopOptions {
  /** Time that running jobs get to commit a last checkpoint. */
  readonly graceMs: number;
}

/** What came of a look for work: a job to run, one that was ended without running, or nothing. */
type Claim = { readonly kind: 'run'; readonly claimed: ClaimedJob } | { readonly kind: 'ended' } | { readonly kind: 'nothing' };

/** Shortest pause between two looks that found nothing: a due job may be in the hands of a worker that is about to take it. */
const shortestPauseMs = 50;
const databasePause = { firstMs: 200, mostMs: 5000 };
/** Time, after the grace, to write the ends of jobs down. */
const writingMs = 5000;

/**
 * Claims the jobs of a stage, one for each free compute process, and sees each to its end. Any number of runners, in any number of processes,
 * share one database.
 */
export class JobRunner {
  private readonly settings: RunnerSettings;
  private readonly waker = new Waker();
  /** Attempts, not jobs: this runner may take up a job again whose lease it lost itself. */
  private readonly running = new Set<JobAttempt>();
  private readonly settled = new Set<Promise<void>>();
  private loop: Promise<void> | null = null;
  private stopping = false;
  private readonly wake = (): void => this.waker.wake();

  constructor(options: JobRunnerOptions) {
    this.settings = runnerSettings(options);
  }

  /** Jobs that this runner computes at the moment. */
  get active(): readonly string[] {
    return [...this.running].map(({ jobId }) => jobId);
  }

  start(): void {
    this.loop ??= this.claimJobs();
  }

  /** There may be work: looks at once. */
  notify(): void {
    this.waker.wake();
  }

  /** Jobs among these that run here look for their mark of cancellation at once. */
  nudge(jobIds: readonly string[]): void {
    for (const attempt of this.running) if (jobIds.includes(attempt.jobId)) attempt.nudge();
  }

  /** Takes no further job and gives the running ones back: each may commit a last checkpoint, from which another worker goes on. */
  async stop({ graceMs }: StopOptions): Promise<void> {
    this.stopping = true;
    this.waker.wake();
    await this.loop;
    const giveUpAt = this.settings.now() + graceMs + writingMs;
    for (const attempt of this.running) attempt.shutDown(graceMs, giveUpAt);
    await Promise.all(this.settled);
  }

  private async claimJobs(): Promise<void> {
    const { concurrency, host, pollMs, log, random } = this.settings;
    let failures = 0;
    while (!this.stopping) {
      const slot = this.running.size < concurrency ? host.take(this.wake) : null;
      if (slot === null) {
        await this.waker.wait(pollMs);
        continue;
      }
      try {
        const claim = await this.claim();
        failures = 0;
        if (claim.kind === 'run') {
          this.begin(claim.claimed, slot);
          continue;
        }
        slot.release();
        if (claim.kind === 'nothing') await this.waker.wait(await this.pause());
      } catch (error) {
        slot.release();
        failures++;
        log?.error({ error }, 'no job could be claimed');
        // Notices do not shorten this wait by much: each comes once.
        await this.waker.wait(pauseAfter(failures, databasePause, random()));
      }
    }
  }

  private async claim(): Promise<Claim> {
    const { database, rows, outbox, worker, producer, now, leaseMs, outboxWritten } = this.settings;
    const claim = await database.transaction(async (transaction): Promise<Claim> => {
      const claimed = await rows.claim(transaction, worker, now(), leaseMs);
      if (claimed === null) return { kind: 'nothing' };
      const { job, epoch } = claimed;
      const lease = { jobId: job.id, epoch };
      if (job.cancelRequested) {
        await rows.end(transaction, lease, { state: 'cancelled' }, now());
        await outbox.add(transaction, producer, [jobCancelled(job.command, 'cancelled on request', this.settings)], now());
        return { kind: 'ended' };
      }
      const refusal = this.refusal(claimed);
      if (refusal !== null) {
        const error = errorShapeOf(refusal);
        await rows.end(transaction, lease, { state: 'failed', error }, now());
        const attempts = Math.min(job.attempts, job.maxAttempts);
        await outbox.add(transaction, producer, [jobFailed(job.command, error, attempts, this.settings)], now());
        return { kind: 'ended' };
      }
      await outbox.add(transaction, producer, [jobStarted(job.command, job.attempts, epoch, worker, this.settings)], now());
      return { kind: 'run', claimed };
    });
    if (claim.kind !== 'nothing') outboxWritten();
    return claim;
  }

  /** Why a claimed job is not to be run; null when it is. */
  private refusal({ job }: ClaimedJob): CfgenError | null {
    if (job.attempts > job.maxAttempts) {
      return new CfgenError('COMPUTE_CRASHED', `gave up after ${job.maxAttempts} attempts: the last ended without a word`, {
        hint: 'The worker died with it each time: look for its end in the logs, and at its memory.',
        details: job.error === null ? {} : { lastError: job.error },
      });
    }
    if (definitionOf(job.type) === undefined) {
      return new CfgenError('INTERNAL', `this version does not know the command ${job.type}`);
    }
    return null;
  }

  private begin(claimed: ClaimedJob, slot: ComputeSlot): void {
    const { now, log, metrics, tracing } = this.settings;
    const { job, epoch } = claimed;
    const startedAt = now();
    const attempt = new JobAttempt(claimed, slot, this.settings);
    this.running.add(attempt);
    metrics?.jobQueue.observe({ type: job.type }, Math.max(0, startedAt - job.dueAt) / 1000);
    log?.info({ jobId: job.id, runId: job.runId, type: job.type, attempt: job.attempts, epoch }, 'job started');
    const options = { traceparent: job.command.traceparent, kind: 'consumer', attributes: { job: job.id, attempt: job.attempts } } as const;
    const run = (): Promise<AttemptOutcome> => attempt.run();
    const settled = (tracing === undefined ? run() : tracing.span(job.type, options, run)).then((outcome) => {
      const seconds = (now() - startedAt) / 1000;
      log?.info({ jobId: job.id, runId: job.runId, type: job.type, attempt: job.attempts, outcome, seconds }, 'job ended');
      metrics?.jobDuration.observe({ type: job.type, outcome }, seconds);
      this.running.delete(attempt);
      this.settled.delete(settled);
      this.waker.wake();
    });
    this.settled.add(settled);
  }

  /** Until the next job is due, within bounds. */
  private async pause(): Promise<number> {
    const { database, rows, now, pollMs } = this.settings;
    const due = await database.transaction((transaction) => rows.nextDue(transaction));
    if (due === null) return pollMs;
    return Math.max(shortestPauseMs, Math.min(pollMs, due - now()));
  }
}
