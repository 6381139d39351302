import type { BlobRef, Envelope, ErrorShape } from '@cfgen/contracts';

/** Where a step stands, as the child tells it. */
export interface ComputeProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What `done` counts: `cells`, `steps`. */
  readonly unit: string;
  readonly figures?: Readonly<Record<string, number>>;
}

/** A state that a later attempt goes on from: a small JSON record, and bytes in the blob store. */
export interface ComputeCheckpoint {
  /** Counts up within a job. */
  readonly step: number;
  readonly record: Readonly<Record<string, unknown>>;
  readonly refs: readonly BlobRef[];
}

/** What the child is to do. */
export interface ComputeRequest {
  readonly jobId: string;
  readonly command: Envelope;
  /** The last checkpoint of an earlier attempt, if there is one. */
  readonly checkpoint: ComputeCheckpoint | null;
}

/** What a job gave: the data and the references of its success event. */
export interface ComputeOutcome {
  readonly data: Readonly<Record<string, unknown>>;
  readonly outputs: readonly BlobRef[];
}

/** Messages of the parent to the child. The first is `configure`, answered with `ready`; then one job at a time. */
export type ParentMessage =
  | { readonly type: 'configure'; readonly parentPid: number; readonly configuration: unknown }
  | ({ readonly type: 'run' } & ComputeRequest)
  | { readonly type: 'abort'; readonly jobId: string; readonly reason: string }
  /** `error` is null when the checkpoint is on record, else says why not; LEASE_LOST when the job is no longer ours. */
  | { readonly type: 'checkpointCommitted'; readonly jobId: string; readonly step: number; readonly error: ErrorShape | null }
  | { readonly type: 'shutdown' };

/** Messages of the child to the parent. A job ends with `done` or `failed`. */
export type ChildMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly jobId: string; readonly progress: ComputeProgress }
  | { readonly type: 'checkpoint'; readonly jobId: string; readonly checkpoint: ComputeCheckpoint }
  /** `rss`: bytes the process holds, so that a grown one can be replaced. */
  | { readonly type: 'done'; readonly jobId: string; readonly outcome: ComputeOutcome; readonly rss: number }
  | { readonly type: 'failed'; readonly jobId: string; readonly error: ErrorShape };
