import type { MessageBus } from '@cfgen/messaging';
import type { Metrics } from '@cfgen/observability';

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
