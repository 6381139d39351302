import type { JobMetrics } from '@cfgen/jobs';
import type { MessageBus } from '@cfgen/messaging';
import type { Metrics } from '@cfgen/observability';
import { jobRows, outboxRows, type Database } from '@cfgen/persistence';

/** What the runner counts, in the metrics of the service. */
export function jobMetrics(metrics: Metrics): JobMetrics {
  return {
    started: () => undefined,
    ended: (type, outcome, seconds) => metrics.jobDuration.observe({ type, outcome }, seconds),
    leaseLost: () => metrics.leaseLosses.add({}),
  };
}

/** Reads, whenever the metrics are asked for, what waits in the rows of a stage. */
export function watchRows(metrics: Metrics, database: Database): () => void {
  const ends = [
    metrics.jobs.collect(async () => {
      const counts = await database.transaction((transaction) => jobRows.counts(transaction));
      return Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
    }),
    metrics.outboxMessages.collect(async () => [
      { labels: {}, value: await database.transaction((transaction) => outboxRows.count(transaction)) },
    ]),
  ];
  return () => ends.forEach((end) => end());
}

/** Reads how far the groups of this process are behind. */
export function watchLag(metrics: Metrics, bus: MessageBus): () => void {
  return metrics.consumerLag.collect(async () => {
    const byTopic = new Map<string, { group: string; topic: string; messages: number }>();
    for (const { group, topic, messages } of await bus.lag()) {
      const key = `${group} ${topic}`;
      const sum = byTopic.get(key) ?? { group, topic, messages: 0 };
      byTopic.set(key, { ...sum, messages: sum.messages + messages });
    }
    return [...byTopic.values()].map(({ group, topic, messages }) => ({ labels: { group, topic }, value: messages }));
  });
}
