import { CfgenError } from '@cfgen/contracts';
import { pauseAfter } from '../waiting/back-off';
import { ComputeChild, type ComputeAttempt, type ComputeEnd, type ComputeListener } from './compute-child';
import type { ComputeRequest } from './protocol';
import type { JobLog } from '../telemetry/job-telemetry';

export interface ComputeHostOptions {
  /** Processes, and so jobs at a time. */
  readonly size: number;
  /** File that calls `serveCompute`. */
  readonly entry: string;
  /** Arguments of Node for the processes: loaders, `--max-old-space-size`. */
  readonly execArgv?: readonly string[];
  /** The whole environment of the processes; left out: that of this one. */
  readonly env?: NodeJS.ProcessEnv;
  /** Handed to every job as `configuration`: memory, engine, places of files. Must be structured-cloneable. */
  readonly configuration?: unknown;
  /** A process that takes longer to be ready is killed. */
  readonly startMs?: number;
  /** A process is replaced after so many jobs, */
  readonly jobsPerProcess?: number;
  /** or when it holds more bytes than this after a job. */
  readonly maximumRss?: number;
  readonly log?: JobLog;
}

/** A warm process, reserved for one job: `run` it or `release` it. */
export interface ComputeSlot {
  run(request: ComputeRequest, listener: ComputeListener): ComputeAttempt;
  release(): void;
}

/** Pauses between starts of processes that do not get ready. */
const restart = { firstMs: 500, mostMs: 30_000 };

/** What a step says of an input or a request that it cannot use: nothing went wrong in the process. */
const refusal = /^(INPUT|LABEL|FEATURES|REQUEST|MODEL)_/;

function isRefusal(end: ComputeEnd): boolean {
  return end.kind === 'failed' && !end.killed && refusal.test(end.error.code);
}

/**
 * Keeps compute processes warm. A process serves job after job as long as they succeed or refuse their input; after a failure, an abort or a
 * crash it is replaced, since nobody knows what it holds. Processes end with this one, whatever way it ends.
 */
export class ComputeHost {
  private readonly idle: ComputeChild[] = [];
  private readonly children = new Set<ComputeChild>();
  /** Who asked for a process when none was free. */
  private readonly waiting = new Set<() => void>();
  private readonly restarts = new Set<NodeJS.Timeout>();
  private failures = 0;
  private lastFailure: CfgenError | null = null;
  private closed = false;

  constructor(private readonly options: ComputeHostOptions) {
    if (!Number.isInteger(options.size) || options.size < 1) {
      throw new CfgenError('CONFIGURATION_INVALID', `the number of compute processes must be at least 1: found ${options.size}`);
    }
  }

  get size(): number {
    return this.options.size;
  }

  /** Identifiers of the processes. */
  get pids(): readonly number[] {
    return [...this.children].map(({ pid }) => pid);
  }

  /** Starts the processes; resolves when the first is ready. @throws CfgenError COMPUTE_CRASHED when it ends before it is */
  async start(): Promise<void> {
    const children = Array.from({ length: this.options.size }, () => this.launch());
    await Promise.any(children.map(({ ready }) => ready)).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }

  /**
   * Reserves a process that is ready now. Answers null when there is none; `onFree` is then called once, as soon as asking again makes sense. Several
   * runners may share one host.
   */
  take(onFree: () => void = () => undefined): ComputeSlot | null {
    const child = this.closed ? undefined : this.idle.shift();
    if (child === undefined) {
      this.waiting.add(onFree);
      return null;
    }
    let used = false;
    return {
      run: (request, listener) => {
        used = true;
        const attempt = child.run(request, listener);
        void attempt.ended.then((end) => this.afterJob(child, end.kind === 'done' || isRefusal(end)));
        return attempt;
      },
      release: () => {
        if (!used) this.free(child);
        used = true;
      },
    };
  }

  /** @throws CfgenError COMPUTE_CRASHED while processes do not get ready */
  check(): void {
    if (this.lastFailure !== null) throw this.lastFailure;
  }

  /** Ends all processes. Jobs that still run end as killed. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.restarts) clearTimeout(timer);
    await Promise.all([...this.children].map((child) => child.retire()));
  }

  private launch(): ComputeChild {
    const { entry, execArgv = [], env, configuration, startMs = 120_000, log } = this.options;
    const onErrorOutput = (text: string): void => log?.warn({ text: text.trimEnd() }, 'a compute process wrote to its error output');
    const child = new ComputeChild({ entry, execArgv, env, configuration, startMs, onErrorOutput });
    this.children.add(child);
    let wasReady = false;
    child.ready.then(
      () => {
        wasReady = true;
        this.failures = 0;
        this.lastFailure = null;
        this.free(child);
      },
      (error: unknown) => {
        if (error instanceof CfgenError) this.lastFailure = error;
      },
    );
    void child.exited.then(() => {
      this.children.delete(child);
      const at = this.idle.indexOf(child);
      if (at !== -1) this.idle.splice(at, 1);
      this.replace(wasReady);
    });
    return child;
  }

  /** A process that was ready is followed by another at once; those that never get ready are tried more and more slowly. */
  private replace(wasReady: boolean): void {
    if (this.closed) return;
    if (!wasReady) this.failures++;
    const pause = wasReady ? 0 : pauseAfter(this.failures, restart, 1);
    if (!wasReady) this.options.log?.error({ pauseMs: pause, error: this.lastFailure }, 'a compute process did not start');
    const timer = setTimeout(() => {
      this.restarts.delete(timer);
      this.launch();
    }, pause);
    this.restarts.add(timer);
  }

  private afterJob(child: ComputeChild, sound: boolean): void {
    const { jobsPerProcess = 200, maximumRss = Number.POSITIVE_INFINITY } = this.options;
    if (sound && child.jobs < jobsPerProcess && child.rss <= maximumRss) this.free(child);
    else void child.retire();
  }

  private free(child: ComputeChild): void {
    if (this.closed || !this.children.has(child)) return;
    this.idle.push(child);
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const onFree of waiting) onFree();
  }
}
