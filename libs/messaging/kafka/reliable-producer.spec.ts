import type { ICustomPartitioner, Kafka, ProducerBatch, ProducerConfig, RecordMetadata } from 'kafkajs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ReliableProducer } from './reliable-producer';

/** What a cluster of several brokers may do, and one broker on a test machine cannot be brought to do. */
class ScriptedKafka {
  readonly sends: { readonly producer: number; readonly values: string[] }[] = [];
  producers = 0;
  disconnected = 0;
  atOnce = 0;
  mostAtOnce = 0;
  /** Called with the place of each message; returns the partitions that answer. */
  answer: (places: { topic: string; partition: number }[]) => { topic: string; partition: number }[] | Error = (places) => places;

  producer({ createPartitioner }: ProducerConfig): ReturnType<Kafka['producer']> {
    const producer = ++this.producers;
    const place = (createPartitioner as ICustomPartitioner)();
    const partitionMetadata = [0, 1, 2].map((partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] }));
    return {
      connect: async () => undefined,
      disconnect: async () => {
        this.disconnected++;
      },
      sendBatch: async ({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
        await new Promise((resolve) => setTimeout(resolve, 5));
        this.atOnce--;
        this.sends.push({ producer, values: topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value))) });
        const places = topicMessages.flatMap(({ topic, messages }) =>
          messages.map((message) => ({ topic, partition: place({ topic, message, partitionMetadata }) })),
        );
        const answer = this.answer(places);
        if (answer instanceof Error) throw answer;
        return answer.map(({ topic, partition }) => ({ topicName: topic, partition, errorCode: 0 }));
      },
    } as unknown as ReturnType<Kafka['producer']>;
  }
}

describe('the reliable producer', () => {
  let kafka: ScriptedKafka;
  let producer: ReliableProducer;
  beforeEach(() => {
    kafka = new ScriptedKafka();
    producer = new ReliableProducer({ kafka: kafka as unknown as Kafka, retry: {}, log: () => undefined });
  });
  const message = (value: string) => ({ topic: 't', key: value, value });

  it('sends one request at a time, and together what came meanwhile', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((value) => producer.publish([message(value)])));
    expect(kafka.mostAtOnce).toBe(1);
    expect(kafka.sends.map(({ values }) => values)).toEqual([['a'], ['b', 'c', 'd']]);
    await producer.publish([]);
    expect(kafka.sends).toHaveLength(2);
  });

  it('never sends again with a producer that failed, and lets nothing overtake what failed', async () => {
    await producer.publish([message('a')]);
    kafka.answer = () => new Error('the answer was lost');
    const failed = ['b', 'c'].map((value) => producer.publish([message(value)]));
    for (const publish of failed) await expect(publish).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', retryable: true });
    kafka.answer = (places) => places;
    await producer.publish([message('d')]);
    expect(kafka.sends).toEqual([
      { producer: 1, values: ['a'] },
      { producer: 1, values: ['b'] },
      { producer: 2, values: ['d'] },
    ]);
    expect(kafka.disconnected).toBe(1);
  });

  it('takes messages for lost whose partition did not answer', async () => {
    kafka.answer = (places) => places.slice(0, 1);
    const values = Array.from({ length: 20 }, (_, i) => message(`key ${i}`));
    await expect(producer.publish(values)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', message: expect.stringContaining('t/') });
    kafka.answer = (places) => places;
    await producer.publish(values);
  });

  it('cuts what no broker takes at once, and refuses the rest when a part fails', async () => {
    const large = (value: string) => ({ topic: 't', key: 'a', value: value.repeat(60_000) });
    await producer.publish(Array.from('abcdefghijkl', large));
    expect(kafka.sends.map(({ values }) => values.length)).toEqual([8, 4]);
    kafka.answer = () => new Error('away');
    await expect(producer.publish(Array.from('abcdefghijkl', large))).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
    expect(kafka.sends).toHaveLength(3);
  });

  it('refuses after its time what a closing bus still has in the air', async () => {
    kafka.answer = () => new Error('too late');
    const published = producer.publish([message('a')]);
    await Promise.all([expect(published).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' }), producer.close(1)]);
    await expect(producer.publish([message('b')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' });
  });
});
