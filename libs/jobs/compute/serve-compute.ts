import { CfgenError, type ErrorShape } from '@cfgen/contracts';
import { errorShapeOf } from '../events/error-shape-of';
import { dieWithParent } from './parent-watch';
import type { ChildMessage, ComputeCheckpoint, ComputeOutcome, ComputeProgress, ComputeRequest, ParentMessage } from './protocol';

/** What a job gets inside the compute process. */
export interface ComputeContext {
  /** What the host was given as `configuration`: memory, engine, places of files. */
  readonly configuration: unknown;
  /** Aborted on cancel, shutdown and loss of the lease, with a CfgenError INTERRUPTED as its reason. */
  readonly signal: AbortSignal;
  /** Says where the job stands. Also the sign of life: a job that says nothing for long is taken for hung. May be called at any rate. */
  progress(progress: ComputeProgress): void;
  /** Resolves once the checkpoint is on record. Rejects with LEASE_LOST when the job is no longer ours. */
  commitCheckpoint(checkpoint: ComputeCheckpoint): Promise<void>;
}

export interface ServeComputeOptions {
  readonly now: () => number;
  /** Progress is sent on at most once in this time. */
  readonly progressEveryMs?: number;
  /** How often the parent is looked for. */
  readonly parentEveryMs?: number;
}

export type ComputeFunction = (request: ComputeRequest, context: ComputeContext) => Promise<ComputeOutcome>;

interface Current {
  readonly jobId: string;
  readonly controller: AbortController;
  readonly commits: Map<number, { resolve(): void; reject(error: CfgenError): void }>;
}

/**
 * Makes this process a compute process: takes jobs from its parent, one at a time, and ends with it. Its entry file calls it and does nothing else.
 * Whether a job goes on is the parent's decision alone: signals of a terminal, which reach the whole group, are left to the parent.
 */
export function serveCompute(run: ComputeFunction, options: ServeComputeOptions): void {
  if (process.send === undefined) {
    throw new CfgenError('INTERNAL', 'this file is the entry of a compute process and was started by itself', {
      hint: 'Start the service, which starts its compute processes.',
    });
  }
  let configuration: unknown;
  let current: Current | null = null;

  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ParentMessage) => {
    switch (message.type) {
      case 'configure':
        dieWithParent(message.parentPid, options.parentEveryMs ?? 250);
        configuration = message.configuration;
        send({ type: 'ready' });
        return;
      case 'run': {
        const job: Current = { jobId: message.jobId, controller: new AbortController(), commits: new Map() };
        current = job;
        void perform(run, message, job, configuration, options).then((end) => {
          current = null;
          send(end);
        });
        return;
      }
      case 'abort':
        if (current?.jobId === message.jobId) {
          current.controller.abort(new CfgenError('INTERRUPTED', `the job was stopped: ${message.reason}`, { retryable: true }));
        }
        return;
      case 'checkpointCommitted':
        if (current?.jobId === message.jobId) settleCommit(current, message.step, message.error);
        return;
      case 'shutdown':
        process.exit(0);
    }
  });
}

async function perform(
  run: ComputeFunction,
  request: ComputeRequest,
  job: Current,
  configuration: unknown,
  options: ServeComputeOptions,
): Promise<ChildMessage> {
  const { jobId } = job;
  const context: ComputeContext = {
    configuration,
    signal: job.controller.signal,
    progress: progressSender(jobId, options),
    commitCheckpoint: (checkpoint) =>
      new Promise((resolve, reject) => {
        job.commits.set(checkpoint.step, { resolve, reject });
        send({ type: 'checkpoint', jobId, checkpoint });
      }),
  };
  try {
    const { command, checkpoint } = request;
    const { data, outputs } = await run({ jobId, command, checkpoint }, context);
    // Through JSON here, where a value that cannot travel still is a failure of this job alone.
    const outcome = JSON.parse(JSON.stringify({ data, outputs })) as ComputeOutcome;
    return { type: 'done', jobId, outcome, rss: process.memoryUsage.rss() };
  } catch (error) {
    return { type: 'failed', jobId, error: errorShapeOf(error) };
  }
}

/** Sends the first report, then at most one in a while; a job that computes without a pause still gets each due one out. */
function progressSender(jobId: string, { now, progressEveryMs = 200 }: ServeComputeOptions): (progress: ComputeProgress) => void {
  let sentAt = Number.NEGATIVE_INFINITY;
  let stage = '';
  return (progress) => {
    const last = progress.done >= progress.total;
    if (!last && progress.stage === stage && now() - sentAt < progressEveryMs) return;
    sentAt = now();
    stage = progress.stage;
    send({ type: 'progress', jobId, progress });
  };
}

function settleCommit(job: Current, step: number, error: ErrorShape | null): void {
  const commit = job.commits.get(step);
  job.commits.delete(step);
  if (error === null) {
    commit?.resolve();
    return;
  }
  const { code, message, hint, retryable, details } = error;
  commit?.reject(new CfgenError(code, message, { retryable, details, ...(hint === undefined ? {} : { hint }) }));
}

function send(message: ChildMessage): void {
  // The channel goes when the parent goes; `disconnect` then ends this process.
  if (process.connected) process.send?.(message);
}
