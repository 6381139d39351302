import type { Logger, Metrics } from '@cfgen/observability';

/** Where it is written down what happens to jobs. */
export type JobLog = Omit<Logger, 'child'>;

/** What is counted about jobs and messages. */
export type JobMetrics = Pick<Metrics, 'jobDuration' | 'jobQueue' | 'leaseLosses' | 'messages' | 'jobs' | 'outboxMessages'>;
