// One measurement, in this process: the words of `main.ts` come as JSON, the answer goes out as JSON.
import { createEngine, type Engine, type EngineName } from '@cfgen/compute';
import { measureGeneration } from './measure-generation';
import { measureLimit } from './measure-limits';
import { measureReading } from './measure-reading';
import { measureTraining } from './measure-training';
import type { Task } from './plan';

export interface MeasureOptions {
  /** Folder for temporary files. */
  readonly work: string;
  /** What `--memory` of `cfgen` says, bytes. */
  readonly memory: number;
  /** Epochs of the autoencoder; the first is warm-up. */
  readonly epochs: number;
}

/** What is to be measured, and where its files are. */
export interface MeasureRequest {
  readonly task: Task;
  readonly options: MeasureOptions;
  /** File that is read, or written. */
  readonly data: string;
  /** Model folder that is written (training) or read (generation). */
  readonly model: string;
}

export interface Measured {
  readonly seconds: Readonly<Record<string, number>>;
  readonly peaks: Readonly<Record<string, number>>;
  readonly facts: Readonly<Record<string, number>>;
}

const request = JSON.parse(process.argv[2] ?? '') as MeasureRequest;
process.stdout.write(`${JSON.stringify(await measured(request))}\n`);

async function measured({ task, options, data, model }: MeasureRequest): Promise<Measured & { engine?: string }> {
  if (task.kind === 'read') return measureReading(data, options);
  if (task.kind === 'limits') return measureLimit(task.limit, data, options);
  const { engine } = await createEngine(task.engine as EngineName | 'auto', { threads: task.threads });
  try {
    return { ...(await withEngine(engine, task)), engine: engine.describe() };
  } finally {
    await engine.close();
  }

  function withEngine(running: Engine, { kind, cells }: Extract<Task, { readonly engine: string }>): Promise<Measured> {
    return kind === 'train'
      ? measureTraining(running, data, model, options)
      : measureGeneration(running, { model, out: data, cells, zarrFormat: 3 }, options);
  }
}
