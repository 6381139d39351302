import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Values of the labels of a metric. Labels take few values: a type, a state, a route as declared; never an id or a path as called. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

/** Counts up. */
export interface CounterMetric<L extends string> {
  add(labels: Labels<L>, amount?: number): void;
}

/** Counts how often values fall into buckets. */
export interface HistogramMetric<L extends string> {
  observe(labels: Labels<L>, value: number): void;
}

/** A value that goes up and down. */
export interface GaugeMetric<L extends string> {
  set(labels: Labels<L>, value: number): void;
}

export interface Sample<L extends string> {
  readonly labels: Labels<L>;
  readonly value: number;
}

/** A gauge that is read when somebody asks for the metrics. */
export interface CollectedMetric<L extends string> {
  /** Adds a reader; the answer takes it off again. A reader that fails or takes too long is left out of that answer. */
  collect(read: () => Promise<readonly Sample<L>[]>): () => void;
}

interface Description<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

export function counter<L extends string>(registry: Registry, { name, help, labels }: Description<L>): CounterMetric<L> {
  const metric = new Counter<L>({ name, help, labelNames: labels, registers: [registry] });
  return { add: (values, amount = 1) => metric.inc(values, amount) };
}

export function histogram<L extends string>(
  registry: Registry,
  { name, help, labels, buckets }: Description<L> & { readonly buckets: readonly number[] },
): HistogramMetric<L> {
  const metric = new Histogram<L>({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] });
  return { observe: (values, value) => metric.observe(values, value) };
}

export function gauge<L extends string>(registry: Registry, { name, help, labels }: Description<L>): GaugeMetric<L> {
  const metric = new Gauge<L>({ name, help, labelNames: labels, registers: [registry] });
  return { set: (values, value) => metric.set(values, value) };
}

/** A gauge with readers, and the step that reads them all within a time. */
export function collected<L extends string>(
  registry: Registry,
  { name, help, labels }: Description<L>,
  failed: (metric: string) => void,
): CollectedMetric<L> & { refresh(timeoutMs: number): Promise<void> } {
  const metric = new Gauge<L>({ name, help, labelNames: labels, registers: [registry] });
  const readers = new Set<() => Promise<readonly Sample<L>[]>>();
  return {
    collect(read) {
      readers.add(read);
      return () => void readers.delete(read);
    },
    async refresh(timeoutMs) {
      const answers = await Promise.all([...readers].map((read) => within(read, timeoutMs)));
      // A value of before would look like one of now.
      metric.reset();
      for (const samples of answers) {
        if (samples === null) failed(name);
        else for (const sample of samples) metric.set(sample.labels, sample.value);
      }
    },
  };
}

async function within<T>(read: () => Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    // Counted by the caller: whoever asks for the metrics gets the others.
    return null;
  } finally {
    clearTimeout(timer);
  }
}
