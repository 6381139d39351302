import { CfgenError, type ErrorShape } from '@cfgen/contracts';
import type { AttemptEnd, ClaimedJob, Lease, OutboxEntry } from '@cfgen/persistence';
import type { ComputeAttempt, ComputeEnd } from '../compute/compute-child';
import type { ComputeSlot } from '../compute/compute-host';
import type { ComputeCheckpoint } from '../compute/protocol';
import { errorShapeOf } from '../events/error-shape-of';
import { checkpointCommitted, jobCancelled, jobFailed, jobSucceeded } from '../events/job-events';
import { pauseAfter } from '../waiting/back-off';
import { Waker } from '../waiting/waker';
import { ProgressReporter } from './progress-reporter';
import type { RunnerSettings } from './runner-options';

/** Why an attempt was made to stop; the first reason stands. */
type Stop = { readonly why: 'cancelled'; readonly reason: string } | { readonly why: 'shutdown' | 'lost' | 'hung' };

/** How an attempt ended. `lost`: the job was another's by then, and nothing was written. `unwritten`: the database did not take the end. */
export type AttemptOutcome = AttemptEnd['state'] | 'lost' | 'unwritten';

interface Conclusion {
  readonly end: AttemptEnd;
  readonly events: readonly OutboxEntry[];
}

/** Looks that are so much late were held up together with everything else here. */
const sleepMs = 5000;
/** Pauses while the database is away. */
const databasePause = { firstMs: 200, mostMs: 5000 };

/** One attempt at a claimed job: computes it in a child process, looks after its lease meanwhile, and writes how it ended. */
export class JobAttempt {
  private readonly lease: Lease;
  private readonly waker = new Waker();
  private readonly progress: ProgressReporter;
  private readonly compute: ComputeAttempt;
  private readonly begunAt: number;
  private stop: Stop | null = null;
  private computing = true;
  private giveUpAt = Number.POSITIVE_INFINITY;
  private lastSign: number;
  private lookedAt: number;
  private renewedAt: number;
  /** Checkpoints that are being written: a job that waits for the database does not hang. */
  private committing = 0;

  constructor(
    private readonly claimed: ClaimedJob,
    slot: ComputeSlot,
    private readonly settings: RunnerSettings,
  ) {
    const { job, epoch, checkpoint } = claimed;
    const { now, bus, progressEveryMs } = settings;
    this.lease = { jobId: job.id, epoch };
    this.begunAt = this.lastSign = this.lookedAt = this.renewedAt = now();
    this.progress = new ProgressReporter(job.command, job.attempts, bus, settings, progressEveryMs);
    this.compute = slot.run(
      {
        jobId: job.id,
        command: job.command,
        checkpoint: checkpoint === null ? null : { step: checkpoint.step, record: checkpoint.record, refs: checkpoint.refs },
      },
      {
        progress: (progress) => {
          this.lastSign = now();
          this.report(() => this.progress.report(progress));
        },
        checkpoint: (made) => this.commit(made),
      },
    );
  }

  get jobId(): string {
    return this.claimed.job.id;
  }

  /** Resolves when the end of the attempt is written. Never rejects. */
  async run(): Promise<AttemptOutcome> {
    const watching = this.watch();
    const end = await this.compute.ended;
    this.computing = false;
    this.waker.wake();
    await watching;
    return this.conclude(end);
  }

  /** Looks at the mark of cancellation now instead of at the next second. */
  nudge(): void {
    this.waker.wake();
  }

  /** Stops the job so that another worker goes on from its last checkpoint, which it has `graceMs` to commit. */
  shutDown(graceMs: number, giveUpAt: number): void {
    this.giveUpAt = giveUpAt;
    this.stopFor({ why: 'shutdown' }, graceMs);
    this.waker.wake();
  }

  private stopFor(stop: Stop, graceMs: number): void {
    // A lost lease outweighs what came before: nothing may be written any more.
    if (this.stop === null || stop.why === 'lost') this.stop = stop;
    this.compute.abort(stop.why, graceMs);
  }

  private async watch(): Promise<void> {
    for (;;) {
      await this.waker.wait(this.settings.watchEveryMs);
      if (!this.computing) return;
      this.report(() => this.progress.due());
      try {
        await this.look();
      } catch (error) {
        // Nobody else can take the job while the database is away from all; when it is away from us alone, the epoch keeps us from doing harm.
        this.settings.log?.warn({ jobId: this.jobId, error }, 'the lease of a job could not be looked after');
      }
    }
  }

  private async look(): Promise<void> {
    const { now, stallMs, watchEveryMs, renewEveryMs, leaseMs, database, rows, abortGraceMs, log, metrics } = this.settings;
    const time = now();
    // A machine that slept, or a database that kept us waiting, says nothing about the job.
    if (time - this.lookedAt > watchEveryMs + sleepMs) this.lastSign = time;
    this.lookedAt = time;
    const hung = this.committing === 0 && time - this.lastSign > stallMs;
    if (hung && this.stop === null) {
      log?.error({ jobId: this.jobId, silentMs: time - this.lastSign }, 'a job shows no sign of life: its process is killed');
      this.stopFor({ why: 'hung' }, 0);
      return;
    }
    const renew = time - this.renewedAt >= renewEveryMs && !hung;
    const { held, cancelRequested } = await database.transaction(async (transaction) => {
      if (renew) return rows.renew(transaction, this.lease, time, leaseMs);
      const row = await rows.find(transaction, this.jobId);
      return {
        held: row !== null && row.state === 'running' && row.leaseEpoch === this.lease.epoch,
        cancelRequested: row?.cancelRequested ?? false,
      };
    });
    if (renew && held) this.renewedAt = time;
    if (!held && this.stop?.why !== 'lost') {
      log?.warn({ jobId: this.jobId, epoch: this.lease.epoch }, 'a job was taken over by another worker');
      metrics?.leaseLosses.add({});
      this.stopFor({ why: 'lost' }, abortGraceMs);
    } else if (cancelRequested && this.stop === null) {
      this.stopFor({ why: 'cancelled', reason: 'cancelled on request' }, abortGraceMs);
    }
  }

  private async commit(checkpoint: ComputeCheckpoint): Promise<void> {
    const { database, rows, outbox, now, producer, outboxWritten } = this.settings;
    const event = checkpointCommitted(this.claimed.job.command, checkpoint.step, checkpoint.refs, this.settings);
    this.committing++;
    try {
      const held = await this.insist('checkpoint', () =>
        database.transaction(async (transaction) => {
          if (!(await rows.checkpoint(transaction, this.lease, checkpoint, now()))) return false;
          await outbox.add(transaction, producer, [event], now());
          return true;
        }),
      );
      if (!held) throw new CfgenError('LEASE_LOST', `the job ${this.jobId} was taken over by another worker`);
      outboxWritten();
    } finally {
      this.committing--;
      this.lastSign = now();
    }
  }

  private async conclude(ended: ComputeEnd): Promise<AttemptOutcome> {
    if (this.stop?.why === 'lost') return 'lost';
    const { database, rows, outbox, now, producer, outboxWritten, log } = this.settings;
    try {
      const planned = this.conclusion(ended);
      const written = await this.insist('end', () =>
        database.transaction(async (transaction): Promise<AttemptEnd['state'] | null> => {
          let conclusion = planned;
          if (planned.end.state === 'retry_wait' || planned.end.state === 'queued') {
            // The mark may have been set since the last look; the job must not go back into the queue with it.
            const row = await rows.find(transaction, this.jobId);
            if (row?.cancelRequested === true) conclusion = this.cancelled('cancelled on request');
          }
          if (!(await rows.end(transaction, this.lease, conclusion.end, now()))) {
            // A commit whose answer was lost is tried again, and finds what it did itself.
            const row = await rows.find(transaction, this.jobId);
            return row?.leaseEpoch === this.lease.epoch && row.state === conclusion.end.state ? row.state : null;
          }
          await outbox.add(transaction, producer, conclusion.events, now());
          return conclusion.end.state;
        }),
      );
      if (written === null) {
        log?.warn({ jobId: this.jobId, epoch: this.lease.epoch }, 'a job was another worker’s when it ended: nothing is written');
        this.settings.metrics?.leaseLosses.add({});
        return 'lost';
      }
      if (planned.events.length > 0 || written === 'cancelled') outboxWritten();
      if (written === 'succeeded' && ended.kind === 'done') this.countCells(ended.outcome.data['cells']);
      return written;
    } catch (error) {
      // The lease lapses, and another worker takes the job.
      log?.error({ jobId: this.jobId, error }, 'the end of a job could not be written');
      return 'unwritten';
    }
  }

  private countCells(cells: unknown): void {
    const { metrics, now } = this.settings;
    if (metrics === undefined || typeof cells !== 'number') return;
    const step = this.claimed.job.type;
    metrics.cells.add({ step }, cells);
    const seconds = (now() - this.begunAt) / 1000;
    if (seconds > 0) metrics.cellsPerSecond.set({ step }, cells / seconds);
  }

  private conclusion(ended: ComputeEnd): Conclusion {
    const { job } = this.claimed;
    if (this.stop?.why === 'cancelled') return this.cancelled(this.stop.reason);
    if (ended.kind === 'done') {
      try {
        return { end: { state: 'succeeded' }, events: [jobSucceeded(job.command, ended.outcome, this.settings)] };
      } catch (error) {
        return this.failed(errorShapeOf(error));
      }
    }
    if (this.stop?.why === 'shutdown' && (ended.killed || ended.error.code === 'INTERRUPTED'))
      return { end: { state: 'queued' }, events: [] };
    if (this.stop?.why === 'hung') return this.failed(this.hungError());
    return this.failed(ended.error);
  }

  private cancelled(reason: string): Conclusion {
    return { end: { state: 'cancelled' }, events: [jobCancelled(this.claimed.job.command, reason, this.settings)] };
  }

  private failed(error: ErrorShape): Conclusion {
    const { job } = this.claimed;
    const { retry, random, now } = this.settings;
    if (error.retryable && job.attempts < job.maxAttempts) {
      return { end: { state: 'retry_wait', error, dueAt: now() + pauseAfter(job.attempts, retry, random()) }, events: [] };
    }
    return { end: { state: 'failed', error }, events: [jobFailed(job.command, error, job.attempts, this.settings)] };
  }

  private hungError(): ErrorShape {
    return errorShapeOf(
      new CfgenError('COMPUTE_CRASHED', `the job showed no sign of life for ${Math.round(this.settings.stallMs / 1000)} s and was killed`, {
        retryable: true,
      }),
    );
  }

  /** Tries again while the database is away, until a shutdown gives up. Other errors go through. */
  private async insist<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { now, random, log } = this.settings;
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof CfgenError && error.retryable) || now() >= this.giveUpAt) throw error;
        log?.warn({ jobId: this.jobId, error }, `the ${what} of a job waits for the database`);
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(failures, databasePause, random())));
      }
    }
  }

  /** Progress is a courtesy: what cannot be told is noted, and the job goes on. */
  private report(publish: () => void): void {
    try {
      publish();
    } catch (error) {
      this.settings.log?.debug({ jobId: this.jobId, error }, 'progress could not be published');
    }
  }
}
