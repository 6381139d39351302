import { z } from 'zod';
import { errorShape, problemSchema, ulidSchema } from '../messages/shapes';
import { artifactSchema } from './models';
import { flagSchema, pageOf, pageQueryFields, timeSchema } from './paging';
import { runRequestSchema } from './run-requests';

export const runTypes = ['train', 'generate', 'evaluate', 'integration', 'guide', 'import', 'augment', 'correct', 'impute'] as const;
export const runStates = ['queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

/** Whether a run has come to its end; only a retry moves it on from there. */
export function isEndState(state: RunState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

const count = z.int().min(0);

/** One step of a run: all jobs of one command. */
export const runStageSchema = z.object({
  /** Command of its jobs, e.g. `SampleLatents`. */
  name: z.string(),
  state: z.enum(['waiting', 'running', 'succeeded', 'failed', 'cancelled']),
  jobs: z.object({ total: count, queued: count, running: count, succeeded: count, failed: count, cancelled: count }),
  /** Part that is done, 0 to 1. */
  share: z.number().min(0).max(1),
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
});
export type RunStage = z.infer<typeof runStageSchema>;

export const runSchema = z.object({
  id: ulidSchema,
  type: z.enum(runTypes),
  state: z.enum(runStates),
  /** As it was posted, with its defaults. */
  request: runRequestSchema,
  /** In the order they begin. */
  stages: z.array(runStageSchema),
  /** Part that is done, 0 to 1. */
  share: z.number().min(0).max(1),
  /** At the present pace; null while it is not known. */
  secondsLeft: z.number().min(0).nullable(),
  error: errorShape.nullable(),
  problems: z.array(problemSchema),
  /** What can be downloaded; complete once the run has succeeded. */
  artifacts: z.array(artifactSchema),
  /** The model a training made. */
  modelId: ulidSchema.nullable(),
  /** Figures of the last step by name, e.g. `cells`, `features`. */
  figures: z.record(z.string(), z.number().nullable()),
  /** Counts up with every `retry`. */
  attempt: z.int().min(1),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
});
export type Run = z.infer<typeof runSchema>;

export const runPageSchema = pageOf(runSchema);

export const listRunsQuerySchema = z.strictObject({
  ...pageQueryFields,
  type: z.enum(runTypes).optional(),
  state: z.enum(runStates).optional(),
});

/**
 * Where a run stands between two changes of its state. May be lost, never drives anything.
 */
export const runProgressSchema = z.object({
  runId: ulidSchema,
  /** Command under way, e.g. `TrainFlow`. */
  command: z.string(),
  /** What is done in it, e.g. `flow`. */
  stage: z.string(),
  done: z.number().min(0),
  total: z.number().min(0),
  /** What `done` counts. */
  unit: z.string(),
  figures: z.record(z.string(), z.number()).optional(),
  /** Of the whole run. */
  share: z.number().min(0).max(1),
  secondsLeft: z.number().min(0).nullable(),
});
export type RunProgress = z.infer<typeof runProgressSchema>;

/**
 * Events of `GET /v1/runs/{id}/events` by their `event:` field. `run`: the whole run, first at once, then with every change; its `id:` is
 * what `Last-Event-ID` takes up from. `progress` has no id. A comment every 15 s keeps the connection alive. The stream ends after the `run`
 * event of an end state.
 */
export const runEventSchemas = { run: runSchema, progress: runProgressSchema } as const;
export type RunEvent = { readonly event: 'run'; readonly data: Run } | { readonly event: 'progress'; readonly data: RunProgress };

export const artifactQuerySchema = z.strictObject({
  /** `true`: answer a URL that anyone can read for a while, where the store can give one. */
  presigned: flagSchema.optional(),
});
export const presignedSchema = z.object({ url: z.url(), expiresAt: timeSchema });
export type Presigned = z.infer<typeof presignedSchema>;
