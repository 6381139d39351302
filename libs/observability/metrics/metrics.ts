import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  collected,
  counter,
  gauge,
  histogram,
  type CollectedMetric,
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
} from './instruments';

export interface MetricsOptions {
  /** Label `service` of every metric. */
  readonly service: string;
  /** How long the readers of collected gauges may take; 2 s when left out. */
  readonly collectTimeoutMs?: number;
  /** Metrics of the process (memory, event loop, garbage collection); true when left out. */
  readonly processMetrics?: boolean;
}

/** Everything the platform counts, by name. */
export interface Metrics {
  /** `cfgen_job_duration_seconds`: from the start of an attempt to its end. */
  readonly jobDuration: HistogramMetric<'type' | 'outcome'>;
  /** `cfgen_job_queue_seconds`: from the time a job was due to its start. */
  readonly jobQueue: HistogramMetric<'type'>;
  /** `cfgen_jobs`: jobs by state. */
  readonly jobs: CollectedMetric<'state'>;
  /** `cfgen_outbox_messages`: messages written and not yet published. */
  readonly outboxMessages: CollectedMetric<never>;
  /** `cfgen_messages_total`: messages handled, by outcome (`done`, `duplicate`, `dead`, `failed`, ...). */
  readonly messages: CounterMetric<'topic' | 'outcome'>;
  /** `cfgen_dead_letters_total` */
  readonly deadLetters: CounterMetric<never>;
  /** `cfgen_consumer_lag`: messages not yet read. */
  readonly consumerLag: CollectedMetric<'group' | 'topic'>;
  /** `cfgen_lease_losses_total`: jobs taken from us by their lease. */
  readonly leaseLosses: CounterMetric<never>;
  /** `cfgen_cells_total`: cells that went through a step. */
  readonly cells: CounterMetric<'step'>;
  /** `cfgen_cells_per_second` */
  readonly cellsPerSecond: GaugeMetric<'step'>;
  /** `cfgen_http_requests_seconds`; the route is the declared one, e.g. `/v1/runs/:id`. */
  readonly httpRequests: HistogramMetric<'method' | 'route' | 'status'>;
  /** `cfgen_blob_bytes_total`; direction `in` (put) or `out` (read). */
  readonly blobBytes: CounterMetric<'direction'>;
  /** All of it in the text format of Prometheus. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const jobSeconds = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200];
const queueSeconds = [0.05, 0.25, 1, 5, 15, 60, 300, 1_800, 7_200];
const httpSeconds = [0.005, 0.02, 0.05, 0.1, 0.25, 1, 2.5, 10, 60];

/** Metrics of one service, in a registry of its own: several services may share a process. */
export function createMetrics({ service, collectTimeoutMs = 2_000, processMetrics = true }: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const failures = counter(registry, {
    name: 'cfgen_metrics_collect_failures_total',
    help: 'Readers of metrics that failed or took too long',
    labels: ['metric'],
  });
  const failed = (metric: string): void => failures.add({ metric });
  const jobs = collected(registry, { name: 'cfgen_jobs', help: 'Jobs by state', labels: ['state'] }, failed);
  const outboxMessages = collected<never>(
    registry,
    { name: 'cfgen_outbox_messages', help: 'Messages written and not yet published', labels: [] },
    failed,
  );
  const consumerLag = collected(
    registry,
    { name: 'cfgen_consumer_lag', help: 'Messages not yet read', labels: ['group', 'topic'] },
    failed,
  );
  let refreshing: Promise<unknown> | null = null;

  return {
    jobs,
    outboxMessages,
    consumerLag,
    jobDuration: histogram(registry, {
      name: 'cfgen_job_duration_seconds',
      help: 'Time from the start of an attempt to its end',
      labels: ['type', 'outcome'],
      buckets: jobSeconds,
    }),
    jobQueue: histogram(registry, {
      name: 'cfgen_job_queue_seconds',
      help: 'Time from when a job was due to its start',
      labels: ['type'],
      buckets: queueSeconds,
    }),
    messages: counter(registry, { name: 'cfgen_messages_total', help: 'Messages handled', labels: ['topic', 'outcome'] }),
    deadLetters: counter<never>(registry, { name: 'cfgen_dead_letters_total', help: 'Messages that nobody could read', labels: [] }),
    leaseLosses: counter<never>(registry, { name: 'cfgen_lease_losses_total', help: 'Jobs lost with their lease', labels: [] }),
    cells: counter(registry, { name: 'cfgen_cells_total', help: 'Cells that went through a step', labels: ['step'] }),
    cellsPerSecond: gauge(registry, { name: 'cfgen_cells_per_second', help: 'Speed of a step, at its last progress', labels: ['step'] }),
    httpRequests: histogram(registry, {
      name: 'cfgen_http_requests_seconds',
      help: 'Time of HTTP requests',
      labels: ['method', 'route', 'status'],
      buckets: httpSeconds,
    }),
    blobBytes: counter(registry, {
      name: 'cfgen_blob_bytes_total',
      help: 'Bytes put into the blob store and read from it',
      labels: ['direction'],
    }),
    async text() {
      // Two who ask at once share the answers of the readers.
      refreshing ??= Promise.all([jobs, outboxMessages, consumerLag].map((metric) => metric.refresh(collectTimeoutMs))).finally(() => {
        refreshing = null;
      });
      await refreshing;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
