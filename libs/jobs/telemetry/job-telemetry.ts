import type { Logger, Metrics, Tracing } from '@cfgen/observability';

/** Where it is written down what happens to jobs. */
export type JobLog = Omit<Logger, 'child'>;

/** What is counted about jobs and messages. */
export type JobMetrics = Pick<
  Metrics,
  'jobDuration' | 'jobQueue' | 'leaseLosses' | 'messages' | 'cells' | 'cellsPerSecond' | 'jobs' | 'outboxMessages'
>;

/** Follows a job as part of the work that asked for it. */
export type JobTracing = Pick<Tracing, 'span'>;
