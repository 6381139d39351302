import type { BlobRef, ErrorShape, Problem } from '@cfgen/contracts';

/** Rows of the gateway, as plain data. All times are milliseconds since 1970. */

type Json = Readonly<Record<string, unknown>>;

export interface DataSetRow {
  readonly id: string;
  readonly kind: 'cells' | 'split' | 'checkpoint';
  readonly state: 'validating' | 'ready' | 'refused';
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly cells: number | null;
  readonly features: number | null;
  readonly format: string | null;
  readonly inspection: Json | null;
  readonly problems: readonly Problem[];
  readonly error: ErrorShape | null;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface FileRow {
  readonly name: string;
  readonly ref: BlobRef;
}

export interface ModelRow {
  readonly id: string;
  readonly modelSha256: string;
  readonly runId: string;
  readonly dataSetId: string;
  /** The manifest that names the files. */
  readonly ref: BlobRef;
  readonly files: readonly FileRow[];
  readonly cells: number;
  readonly features: number;
  readonly attributes: readonly Json[];
  readonly createdAt: number;
  readonly deletedAt: number | null;
}

export interface ModelAliasRow {
  readonly alias: string;
  readonly modelId: string;
  readonly updatedAt: number;
}

export type RunRowState = 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';

export interface RunRow {
  readonly id: string;
  readonly type: string;
  /** Belongs to something else, such as the inspection of a data set; not listed. */
  readonly hidden: boolean;
  readonly state: RunRowState;
  readonly request: Json;
  /** What the request came to when it was accepted: references instead of names. */
  readonly facts: Json;
  readonly stages: readonly Json[];
  /** Part of the expected work that is done, and what of it was done when this attempt began. */
  readonly share: number;
  readonly shareAtStart: number;
  /** Expected work of all steps known so far. */
  readonly weight: number;
  readonly error: ErrorShape | null;
  readonly problems: readonly Problem[];
  readonly modelId: string | null;
  readonly figures: Json;
  /** Counts up with every retry. */
  readonly attempt: number;
  /** Number of the last event. */
  readonly sequence: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export type RunStepState = 'waiting' | 'issued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface RunStepRow {
  readonly runId: string;
  readonly key: string;
  /** The command. */
  readonly type: string;
  /** Another job after each retry. */
  readonly jobId: string;
  readonly state: RunStepState;
  /** Expected work, relative to the other steps of the run. */
  readonly weight: number;
  /** References of the command. */
  readonly inputs: readonly BlobRef[];
  readonly result: { readonly data: Json; readonly outputs: readonly BlobRef[] } | null;
  /** References of the last checkpoint. */
  readonly checkpoint: readonly BlobRef[];
  readonly error: ErrorShape | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** Something that happened in a run; never changed. */
export interface RunEventRow {
  readonly runId: string;
  /** Counts up within the run, without gaps. */
  readonly sequence: number;
  readonly kind: string;
  readonly data: Json;
  readonly createdAt: number;
}

export interface ArtifactRow {
  readonly runId: string;
  readonly name: string;
  readonly ref: BlobRef;
  readonly createdAt: number;
}

/** A request that was made under an `Idempotency-Key`. */
export interface IdempotencyRow {
  readonly key: string;
  /** Whose key it is. */
  readonly token: string;
  readonly requestHash: string;
  /** Identity of what the request creates, chosen before it is carried out. */
  readonly reservedId: string;
  /** The answer; null while the request is carried out. */
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface ApiTokenRow {
  readonly id: string;
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  /** sha256 of the secret, which is not kept. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface DeadLetterRow {
  readonly id: string;
  /** Hash of where the message lay and when it was put aside: the same letter is kept once. */
  readonly fingerprint: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly truncated: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly group: string;
  readonly reason: string;
  readonly failedAt: number;
  readonly replayedAt: number | null;
  readonly createdAt: number;
}
