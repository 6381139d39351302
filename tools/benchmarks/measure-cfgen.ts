// CFGen itself, timed. Prints one JSON object, like peers/measure_peer.py with the same words. peers/run.mjs bundles it first.
//
//   node dist/benchmarks/measure-cfgen.mjs engines --engines wasm,native
//   node dist/benchmarks/measure-cfgen.mjs train --data cells.h5ad --split split.tsv --label cell_type --epochs 5 --flow-steps 200 --out folder
//   node dist/benchmarks/measure-cfgen.mjs generate --model folder --cells 10000 --solver dopri5 --out cells.h5ad
//   node dist/benchmarks/measure-cfgen.mjs whole --data ... --epochs 30 --flow-epochs 150 --cells 10000 --out folder
import { parseArgs } from 'node:util';
import type { Engine } from '@cfgen/compute';
import type { SolverSettings } from '@cfgen/model';
import { availableEngines, startEngine } from './engine-choices';
import { measureGeneration, measureTraining, measureWhole, type Measurement } from './measurements';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'wasm' },
    engines: { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    seed: { type: 'string', default: '0' },
    data: { type: 'string', default: '' },
    split: { type: 'string', default: '' },
    label: { type: 'string', default: '' },
    'min-cells': { type: 'string', default: '30' },
    epochs: { type: 'string', default: '5' },
    'flow-steps': { type: 'string', default: '200' },
    'flow-epochs': { type: 'string', default: '30' },
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
const threads = Number(values.threads);

if (positionals[0] === 'engines') {
  print({ engines: await availableEngines(values.engines.split(','), threads) });
} else {
  const engine = await startEngine(values.engine, threads);
  try {
    print({ ...(await measure(engine, positionals[0])), threads: engine.threads, engine: engine.describe() });
  } finally {
    await engine.close();
  }
}

function print(result: object): void {
  const usage = process.resourceUsage();
  const about = {
    peakMemory: usage.maxRSS * 1024,
    processorTime: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    versions: { Node: process.versions.node, V8: process.versions.v8 },
  };
  process.stdout.write(`${JSON.stringify({ ...result, ...about })}\n`);
}

function measure(engine: Engine, what: string | undefined): Promise<Measurement> {
  const { data, split, label, out, model } = values;
  const seed = Number(values.seed);
  const source = { data, split, label, minCells: Number(values['min-cells']) };
  const epochs = Number(values.epochs);
  const cells = Number(values.cells);
  if (what === 'train') {
    const flow = { unit: 'steps', steps: Math.ceil(Number(values['flow-steps']) * 1.1) } as const;
    return measureTraining(engine, { ...source, out, epochs, flow, seed }, clock);
  }
  if (what === 'generate') {
    return measureGeneration(engine, { model, out, cells, warmUpCells: Number(values['warm-up-cells']), solver: solverOf(), seed }, clock);
  }
  if (what === 'whole') {
    const flow = { unit: 'epochs', epochs: Number(values['flow-epochs']) } as const;
    return measureWhole(engine, { ...source, out, epochs, flow, cells, solver: solverOf(), seed }, clock);
  }
  throw new Error(`there is no measurement '${String(what)}': engines, train, generate, whole`);
}

function solverOf(): SolverSettings {
  const { solver, steps, tolerance } = values;
  if (solver === 'dopri5') return { method: 'dopri5', tolerance: Number(tolerance), maxSteps: 10_000 };
  if (solver === 'rk4') return { method: 'rk4', steps: Number(steps) };
  throw new Error(`there is no solver '${solver}' here: dopri5, rk4`);
}
