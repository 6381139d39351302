import { encodeEnvelope, jobProgressType, progressTopic, type Envelope, type JobProgress } from '@cfgen/contracts';
import type { MessageBus } from '@cfgen/messaging';
import type { ComputeProgress } from '../compute/protocol';
import { followingEnvelope, type EventSource } from '../events/job-events';

/** A pace that was watched for less is not worth telling. */
const shortestWatchMs = 1000;

/** Seconds left of a stage at the pace it had so far; null while that cannot be said. */
export class PaceWatch {
  private stage: string | null = null;
  private from = { done: 0, at: 0 };

  secondsLeft({ stage, done, total }: ComputeProgress, now: number): number | null {
    if (stage !== this.stage || done < this.from.done) {
      this.stage = stage;
      this.from = { done, at: now };
      return null;
    }
    const elapsed = now - this.from.at;
    const advanced = done - this.from.done;
    if (elapsed < shortestWatchMs || advanced <= 0) return null;
    return Math.max(0, ((total - done) * elapsed) / advanced / 1000);
  }
}

/** Publishes where a job stands, at most once in a while; what comes in between waits for `due`. */
export class ProgressReporter {
  private readonly pace = new PaceWatch();
  private waiting: JobProgress | null = null;
  private publishedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly command: Envelope,
    private readonly attempt: number,
    private readonly bus: Pick<MessageBus, 'publishLossy'> | undefined,
    private readonly source: EventSource,
    private readonly everyMs: number,
  ) {}

  report(progress: ComputeProgress): void {
    const secondsLeft = this.pace.secondsLeft(progress, this.source.now());
    const { stage, done, total, unit } = progress;
    this.waiting = { stage, done, total, unit, attempt: this.attempt, secondsLeft, figures: finite(progress.figures ?? {}) };
    this.due();
  }

  /** Publishes what waits when its time has come. Called now and then, so that the last report before a pause is seen too. */
  due(): void {
    const now = this.source.now();
    if (this.waiting === null || now - this.publishedAt < this.everyMs) return;
    const data = this.waiting;
    this.waiting = null;
    this.publishedAt = now;
    const envelope = followingEnvelope(this.command, { type: jobProgressType, data, occasion: now }, this.source);
    this.bus?.publishLossy([{ topic: progressTopic, key: this.command.jobId, value: encodeEnvelope(envelope) }]);
  }
}

function finite(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => Number.isFinite(figure)));
}
