import type { MessageBus } from '@cfgen/messaging';
import type { Database, JobRows, OutboxRows } from '@cfgen/persistence';
import type { ComputeHost } from '../compute/compute-host';
import type { EventSource } from '../events/job-events';
import type { JobLog, JobMetrics, JobTracing } from '../telemetry/job-telemetry';
import type { BackOff } from '../waiting/back-off';

/** Times and numbers of a runner; each has a default. */
export interface RunnerTuning {
  /** Jobs at a time; by default as many as there are compute processes. */
  readonly concurrency?: number;
  readonly leaseMs?: number;
  readonly renewEveryMs?: number;
  /** How often a running job is looked after: cancelled, lost, hung. */
  readonly watchEveryMs?: number;
  /** A job that shows no sign of life for so long is taken for hung: its process is killed. */
  readonly stallMs?: number;
  /** Longest pause between two looks for work. */
  readonly pollMs?: number;
  /** Time that a job gets to stop after a cancellation. */
  readonly abortGraceMs?: number;
  readonly progressEveryMs?: number;
  /** Pauses between attempts of a job. */
  readonly retry?: BackOff;
}

export interface JobRunnerOptions extends EventSource, RunnerTuning {
  readonly database: Database;
  readonly rows: JobRows;
  readonly outbox: OutboxRows;
  readonly host: ComputeHost;
  /** Name of this worker in leases and events. */
  readonly worker: string;
  /** Where progress goes; left out: nowhere. */
  readonly bus?: Pick<MessageBus, 'publishLossy'>;
  /** Called after each transaction that wrote to the outbox: wakes the relay. */
  readonly outboxWritten: () => void;
  /** In [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  readonly log?: JobLog;
  readonly metrics?: JobMetrics;
  readonly tracing?: JobTracing;
}

/** The options with every default in place. */
export type RunnerSettings = JobRunnerOptions & Required<RunnerTuning>;

export function runnerSettings(options: JobRunnerOptions): RunnerSettings {
  return {
    concurrency: options.host.size,
    leaseMs: 60_000,
    renewEveryMs: 10_000,
    watchEveryMs: 1000,
    stallMs: 300_000,
    pollMs: 1000,
    abortGraceMs: 10_000,
    progressEveryMs: 1000,
    retry: { firstMs: 1000, mostMs: 60_000 },
    ...options,
  };
}
