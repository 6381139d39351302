// One measurement, in this process: the words of `main.ts` come as JSON, the answer goes out as JSON.
import { createEngine, type Engine, type EngineName } from '@cfgen/compute';
import { measureGeneration } from './measure-generation';
import { measureLimit } from './measure-limits';
import { measureReading } from './measure-reading';
import { measureTraining } from './measure-training';
import type { Measured, MeasureRequest } from './measurement';
import type { Task } from './plan';

const request = JSON.parse(process.argv[2] ?? '') as MeasureRequest;
process.stdout.write(`${JSON.stringify(await measured(request))}\n`);

async function measured({ task, options, data, model }: MeasureRequest): Promise<Measured> {
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
