import type { OutgoingMessage } from '../port/message-bus';

/** A broker takes at most 1 MiB in one batch of a partition; half of it leaves room for headers. */
const batchBytes = 512 * 1024;
const batchMessages = 1000;

/** Messages in order, cut into runs that a broker takes in one request. */
export function inBatches(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const size = sizeOf(message);
    const last = batches.at(-1);
    if (last === undefined || bytes + size > batchBytes || last.length >= batchMessages) {
      batches.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return batches;
}

function sizeOf({ key, value, headers = {} }: OutgoingMessage): number {
  return Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + Buffer.byteLength(value),
  );
}

/** The messages by topic, in order within each, as kafkajs takes them. */
export function byTopic(messages: readonly OutgoingMessage[]): {
  topic: string;
  messages: { key: string; value: string; headers: Record<string, string> }[];
}[] {
  const topics = new Map<string, { key: string; value: string; headers: Record<string, string> }[]>();
  for (const { topic, key, value, headers } of messages) {
    const list = topics.get(topic) ?? [];
    list.push({ key, value, headers: { ...headers } });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}
