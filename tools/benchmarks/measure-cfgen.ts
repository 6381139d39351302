// CFGen itself, timed. Prints one JSON object, like peers/pytorch_cfgen.py with the same words.
//
//   node --import tsx tools/benchmarks/measure-cfgen.ts train --data cells.h5ad --split split.tsv --label cell_type --epochs 5 --flow-steps 200 --out folder
//   node --import tsx tools/benchmarks/measure-cfgen.ts generate --model folder --cells 10000 --solver dopri5 --out cells.h5ad
import { parseArgs } from 'node:util';
import { createEngine, type EngineName } from '@cfgen/compute';
import type { SolverSettings } from '@cfgen/model';
import { measureGeneration, measureTraining, type Measurement } from './measurements';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: '2' },
    seed: { type: 'string', default: '0' },
    data: { type: 'string', default: '' },
    split: { type: 'string', default: '' },
    label: { type: 'string', default: '' },
    'min-cells': { type: 'string', default: '30' },
    epochs: { type: 'string', default: '5' },
    'flow-steps': { type: 'string', default: '200' },
    model: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    cells: { type: 'string', default: '10000' },
    'warm-up-cells': { type: 'string', default: '256' },
    solver: { type: 'string', default: 'rk4' },
    steps: { type: 'string', default: '10' },
    tolerance: { type: 'string', default: '1e-5' },
  },
});
const clock = (): number => performance.now() / 1000;

const { engine } = await createEngine(values.engine as EngineName | 'auto', { threads: Number(values.threads) });
try {
  const result = await measure(positionals[0]);
  const usage = process.resourceUsage();
  const about = {
    peakMemory: usage.maxRSS * 1024,
    processorTime: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    threads: engine.threads,
    engine: engine.describe(),
    versions: { Node: process.versions.node, V8: process.versions.v8 },
  };
  process.stdout.write(`${JSON.stringify({ ...result, ...about })}\n`);
} finally {
  await engine.close();
}

function measure(what: string | undefined): Promise<Measurement> {
  if (what === 'train') {
    const { data, split, label, out } = values;
    const numbers = { minCells: Number(values['min-cells']), epochs: Number(values.epochs), flowSteps: Number(values['flow-steps']) };
    return measureTraining(engine, { data, split, label, out, ...numbers, seed: Number(values.seed) }, clock);
  }
  if (what === 'generate') {
    const { model, out } = values;
    const cells = { cells: Number(values.cells), warmUpCells: Number(values['warm-up-cells']) };
    return measureGeneration(engine, { model, out, ...cells, solver: solverOf(), seed: Number(values.seed) }, clock);
  }
  throw new Error(`there is no measurement '${String(what)}': train, generate`);
}

function solverOf(): SolverSettings {
  const { solver, steps, tolerance } = values;
  if (solver === 'dopri5') return { method: 'dopri5', tolerance: Number(tolerance), maxSteps: 10_000 };
  if (solver === 'rk4') return { method: 'rk4', steps: Number(steps) };
  throw new Error(`there is no solver '${solver}' here: dopri5, rk4`);
}
