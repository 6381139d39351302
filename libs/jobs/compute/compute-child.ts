import { fork, type ChildProcess } from 'node:child_process';
import { CfgenError, type ErrorShape } from '@cfgen/contracts';
import { errorShapeOf, readErrorShape } from '../events/error-shape-of';
import type { ChildMessage, ComputeCheckpoint, ComputeOutcome, ComputeProgress, ComputeRequest, ParentMessage } from './protocol';

/** How a job left its process. A crash is a failure too: COMPUTE_CRASHED, retryable. */
export type ComputeEnd =
  | { readonly kind: 'done'; readonly outcome: ComputeOutcome }
  /** `killed`: by us, because it had not stopped in time after an abort. */
  | { readonly kind: 'failed'; readonly error: ErrorShape; readonly killed: boolean };

/** Who hears of a job while it runs. */
export interface ComputeListener {
  progress(progress: ComputeProgress): void;
  /** Resolves once the checkpoint is on record; a rejection is passed on to the job. */
  checkpoint(checkpoint: ComputeCheckpoint): Promise<void>;
}

/** A job in a process. */
export interface ComputeAttempt {
  readonly pid: number;
  /** Never rejects. */
  readonly ended: Promise<ComputeEnd>;
  /** Asks the job to stop; kills the process when it has not ended within `graceMs`. With 0 it is killed at once. */
  abort(reason: string, graceMs: number): void;
}

export interface ChildOptions {
  readonly entry: string;
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv | undefined;
  readonly configuration: unknown;
  readonly startMs: number;
  readonly onErrorOutput: (text: string) => void;
}

interface Job {
  readonly jobId: string;
  readonly listener: ComputeListener;
  readonly end: (end: ComputeEnd) => void;
  killTimer: NodeJS.Timeout | null;
}

/** Time for a process that was told to leave, in milliseconds. */
const leaveMs = 2000;
const keptErrorOutput = 2000;
/** Time for the error output of a process that has ended to arrive. */
const lastWordsMs = 500;

/** One compute process. It runs one job at a time. */
export class ComputeChild {
  /** Jobs done. */
  jobs = 0;
  /** Bytes held after the last job. */
  rss = 0;
  readonly pid: number;
  /** Rejects with COMPUTE_CRASHED when the process ends before it can take a job. */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;

  private readonly process: ChildProcess;
  private job: Job | null = null;
  private killed = false;
  private gone = false;
  private errorOutput = '';

  constructor(options: ChildOptions) {
    this.process = fork(options.entry, [], {
      execArgv: [...options.execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    this.pid = this.process.pid ?? -1;
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-keptErrorOutput);
      options.onErrorOutput(text);
    });

    let settleReady: { resolve(): void; reject(error: CfgenError): void } | null = null;
    this.ready = new Promise((resolve, reject) => {
      settleReady = { resolve, reject };
    });
    // Whoever waits for it hears of a rejection; a process that nobody waits for yet must not end the parent.
    this.ready.catch(() => undefined);
    const startTimer = setTimeout(() => this.kill(), options.startMs);
    this.process.on('message', (message: ChildMessage) => {
      if (message.type === 'ready') {
        clearTimeout(startTimer);
        settleReady?.resolve();
      } else {
        this.receive(message);
      }
    });
    this.exited = new Promise((resolve) => {
      const leave = (how: string): void => {
        if (this.gone) return;
        this.gone = true;
        clearTimeout(startTimer);
        settleReady?.reject(this.crash(how));
        this.finish({ kind: 'failed', error: errorShapeOf(this.crash(how)), killed: this.killed });
        resolve();
      };
      this.process.on('exit', (code, signal) => {
        const how = signal === null ? `ended with exit code ${String(code)}` : `was ended by ${signal}`;
        // Its last words may still be on the way.
        const timer = setTimeout(() => leave(how), lastWordsMs);
        this.process.on('close', () => {
          clearTimeout(timer);
          leave(how);
        });
      });
      // Also what a message to a process says that has just gone: `exit` follows then.
      this.process.on('error', (error) => {
        if (this.process.pid === undefined) leave(`could not be started: ${error.message}`);
      });
    });
    this.send({ type: 'configure', parentPid: process.pid, configuration: options.configuration });
  }

  run(request: ComputeRequest, listener: ComputeListener): ComputeAttempt {
    if (this.job !== null)
      throw new CfgenError('INTERNAL', `the compute process ${this.pid} runs ${this.job.jobId} and was given another job`);
    const ended = new Promise<ComputeEnd>((resolve) => {
      this.job = { jobId: request.jobId, listener, end: resolve, killTimer: null };
    });
    if (this.gone) this.finish({ kind: 'failed', error: errorShapeOf(this.crash('had ended')), killed: false });
    else this.send({ type: 'run', ...request });
    return { pid: this.pid, ended, abort: (reason, graceMs) => this.abort(request.jobId, reason, graceMs) };
  }

  /** Lets the process go: it is told to, and killed when it stays. */
  async retire(): Promise<void> {
    this.send({ type: 'shutdown' });
    const timer = setTimeout(() => this.kill(), leaveMs);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.killed = true;
    this.process.kill('SIGKILL');
  }

  private abort(jobId: string, reason: string, graceMs: number): void {
    if (this.job?.jobId !== jobId) return;
    if (graceMs <= 0) {
      this.kill();
      return;
    }
    this.send({ type: 'abort', jobId, reason });
    if (this.job.killTimer !== null) clearTimeout(this.job.killTimer);
    this.job.killTimer = setTimeout(() => this.kill(), graceMs);
  }

  private receive(message: Exclude<ChildMessage, { type: 'ready' }>): void {
    const job = this.job;
    if (job?.jobId !== message.jobId) return;
    switch (message.type) {
      case 'progress':
        job.listener.progress(message.progress);
        return;
      case 'checkpoint': {
        const answer = (error: ErrorShape | null): void =>
          this.send({ type: 'checkpointCommitted', jobId: job.jobId, step: message.checkpoint.step, error });
        job.listener.checkpoint(message.checkpoint).then(
          () => answer(null),
          (error: unknown) => answer(errorShapeOf(error)),
        );
        return;
      }
      case 'done':
        this.jobs++;
        this.rss = message.rss;
        this.finish({ kind: 'done', outcome: message.outcome });
        return;
      case 'failed':
        this.finish({ kind: 'failed', error: readErrorShape(message.error), killed: false });
    }
  }

  private finish(end: ComputeEnd): void {
    const job = this.job;
    if (job === null) return;
    this.job = null;
    if (job.killTimer !== null) clearTimeout(job.killTimer);
    job.end(end);
  }

  private crash(how: string): CfgenError {
    const outOfMemory = /heap out of memory|SIGKILL/.test(`${this.errorOutput} ${how}`) && !this.killed;
    return new CfgenError('COMPUTE_CRASHED', `the compute process ${this.pid} ${how}${outOfMemory ? ', as when memory runs out' : ''}`, {
      retryable: true,
      hint: outOfMemory
        ? 'Give the service more memory, or let it run fewer jobs at once.'
        : 'The log of the service holds what it printed.',
      details: this.errorOutput === '' ? {} : { errorOutput: this.errorOutput },
    });
  }

  private send(message: ParentMessage): void {
    // A process that has just gone cannot take it; `exit` tells of that.
    if (!this.gone && this.process.connected) this.process.send(message, () => undefined);
  }
}
