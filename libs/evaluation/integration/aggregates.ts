import type { IntegrationAggregate, IntegrationMetric, IntegrationResult } from './result';
import type { MetricGroup } from './profiles';
import { meanOfKnown } from '../statistics/averages';

const bioShare = 0.6;

/** Means of the two groups over the metrics that are defined, and the total. */
export function aggregatesOf(metrics: readonly IntegrationMetric[]): IntegrationResult['aggregates'] {
  const bio = aggregate(metrics, 'bio');
  const batch = aggregate(metrics, 'batch');
  const total = bio.value === null || batch.value === null ? null : bioShare * bio.value + (1 - bioShare) * batch.value;
  return { bio, batch, total };
}

function aggregate(metrics: readonly IntegrationMetric[], group: MetricGroup): IntegrationAggregate {
  const own = metrics.filter((metric) => metric.group === group);
  return {
    value: meanOfKnown(own.map(({ value }) => value)),
    of: own.filter(({ value }) => value !== null).map(({ id }) => id),
    leftOut: own.filter(({ value }) => value === null).map(({ id, reason }) => ({ id, reason: reason ?? 'it is not defined' })),
  };
}

/**
 * The results with every metric stretched over the embeddings compared, so that the worst is 0 and the best is 1, and the means of those: what
 * scib-metrics before 0.5.6 showed by default. It compares embeddings of the same cells with each other and says nothing of one alone.
 *
 * @returns one entry for each result, or `null` for fewer than two. A metric that is not defined for all, or the same for all, is left out.
 */
export function minMaxScaled(
  results: readonly IntegrationResult[],
): readonly { readonly metrics: readonly IntegrationMetric[]; readonly aggregates: IntegrationResult['aggregates'] }[] | null {
  if (results.length < 2) return null;
  const ranges = new Map(results[0].metrics.map(({ id }) => [id, rangeOf(results.map((result) => valueOf(result, id)))]));
  return results.map((result) => {
    const metrics = result.metrics.map((metric): IntegrationMetric => {
      const range = ranges.get(metric.id);
      if (metric.value === null) return metric;
      if (range === undefined) return { ...metric, value: null, reason: 'it is not defined for every embedding' };
      if (range.high === range.low) return { ...metric, value: null, reason: 'it is the same for every embedding' };
      return { ...metric, value: (metric.value - range.low) / (range.high - range.low) };
    });
    return { metrics, aggregates: aggregatesOf(metrics) };
  });
}

function valueOf({ metrics }: IntegrationResult, id: string): number | null {
  return metrics.find((metric) => metric.id === id)?.value ?? null;
}

function rangeOf(values: readonly (number | null)[]): { readonly low: number; readonly high: number } | undefined {
  const defined = values.flatMap((value) => (value === null ? [] : [value]));
  return defined.length === values.length ? { low: Math.min(...defined), high: Math.max(...defined) } : undefined;
}
