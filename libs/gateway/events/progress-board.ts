import {
  jobProgressSchema,
  jobProgressType,
  parseEnvelope,
  progressTopic,
  type JobProgress,
  type RunProgress,
  type RunStage,
} from '@cfgen/contracts';
import type { MessageBus, Subscription } from '@cfgen/messaging';
import { runStepRows, type Database, type RunRow } from '@cfgen/persistence';

/** The last word of a job. */
interface JobEntry {
  readonly runId: string;
  /** Command of the job, and its part of the work of the run; null while that is looked up. */
  step: { readonly type: string; readonly weight: number } | null;
  progress: JobProgress;
  at: number;
}

/** What a job says, as a part of its run. */
export type JobNews = Omit<RunProgress, 'share' | 'secondsLeft'>;

/** What is known of a run between two changes of its rows. */
export interface LiveProgress {
  /** Of the whole run, 0 to 1. */
  readonly share: number;
  readonly secondsLeft: number | null;
}

/** Jobs that are remembered at most; the oldest go. */
const maximumJobs = 20_000;
/** Below this part of a run its pace says nothing. */
const tellingShare = 0.01;

/**
 * Where the jobs stand, from the progress topic. Lossy and in memory: after a restart it fills up again within seconds.
 */
export class ProgressBoard {
  private readonly jobs = new Map<string, JobEntry>();
  private readonly watchers = new Map<string, Set<(news: JobNews) => void>>();

  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  listen(bus: MessageBus): Promise<Subscription> {
    return bus.listen([progressTopic], (message) => {
      void this.take(message.value);
    });
  }

  /** Every progress of a run from now on; answers what ends that. */
  watch(runId: string, watcher: (news: JobNews) => void): () => void {
    const watchers = this.watchers.get(runId) ?? new Set();
    this.watchers.set(runId, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.watchers.get(runId) === watchers) this.watchers.delete(runId);
    };
  }

  /** A run with the jobs under way counted by the part they have done, and the time left at the pace of this attempt. */
  live(run: RunRow): LiveProgress {
    if (run.state !== 'running') return { share: run.share, secondsLeft: run.state === 'succeeded' ? 0 : null };
    const share = Math.min(1, run.share + this.shareUnderWay(run));
    const gained = share - run.shareAtStart;
    const known = run.startedAt !== null && gained >= tellingShare;
    const elapsed = (this.now() - (run.startedAt ?? 0)) / 1000;
    return { share, secondsLeft: known ? Math.max(0, Math.round((elapsed * (1 - share)) / gained)) : null };
  }

  /** Takes a message of the progress topic; one that does not read is dropped. */
  async take(value: string): Promise<void> {
    const read = readProgress(value);
    if (read === null) return;
    const { runId, jobId, progress } = read;
    const entry = this.jobs.get(jobId) ?? { runId, step: null, progress, at: 0 };
    entry.progress = progress;
    entry.at = this.now();
    // Moves to the end: the oldest are at the front.
    this.jobs.delete(jobId);
    this.jobs.set(jobId, entry);
    for (const oldest of this.jobs.keys()) {
      if (this.jobs.size <= maximumJobs) break;
      this.jobs.delete(oldest);
    }
    entry.step ??= await this.lookUp(jobId);
    this.tell(entry);
  }

  private async lookUp(jobId: string): Promise<JobEntry['step']> {
    try {
      const row = await this.database.transaction((transaction) => runStepRows.ofJob(transaction, jobId));
      return row === null ? null : { type: row.type, weight: row.weight };
    } catch {
      // Progress may be lost; the next one asks again.
      return null;
    }
  }

  private tell(entry: JobEntry): void {
    const { runId, step, progress } = entry;
    const watchers = this.watchers.get(runId);
    if (watchers === undefined || step === null) return;
    const { stage, done, total, unit, figures } = progress;
    const news = { runId, command: step.type, stage, done, total, unit, ...(figures === undefined ? {} : { figures }) };
    for (const watcher of watchers) watcher(news);
  }

  /** Of each stage only as many jobs as are running count, the latest heard of: the others have ended and are in the share of the row. */
  private shareUnderWay(run: RunRow): number {
    if (run.weight === 0) return 0;
    let share = 0;
    const mine = [...this.jobs.values()].filter(({ runId, step }) => runId === run.id && step !== null).sort((a, b) => b.at - a.at);
    for (const { name, jobs } of run.stages as unknown as readonly RunStage[]) {
      for (const { step, progress } of mine.filter((job) => job.step?.type === name).slice(0, jobs.running)) {
        const part = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
        share += (part * (step?.weight ?? 0)) / run.weight;
      }
    }
    return share;
  }
}

function readProgress(value: string): { readonly runId: string; readonly jobId: string; readonly progress: JobProgress } | null {
  try {
    const { type, runId, jobId, data } = parseEnvelope(value);
    return type === jobProgressType ? { runId, jobId, progress: jobProgressSchema.parse(data) } : null;
  } catch {
    // Lossy by agreement: what cannot be read says nothing.
    return null;
  }
}
