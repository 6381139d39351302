export { createHealth, type CheckResult, type Health, type HealthOptions, type HealthReport } from './health/health';
export { createLogger, silentLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from './logs/logger';
export type { CollectedMetric, CounterMetric, GaugeMetric, HistogramMetric, Labels, Sample } from './metrics/instruments';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics';
export { createTracing, type TracingOptions } from './traces/create-tracing';
export { noTracing, type SpanAttributes, type SpanOptions, type Tracing } from './traces/tracing';
