import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '@cfgen/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAtlas } from '../synthetic-atlas/atlas';
import { Answers, type Answer } from './answers';
import { growthExponent } from './figures';
import { measureGeneration } from './measure-generation';
import { measureReading } from './measure-reading';
import { measureTraining } from './measure-training';
import type { Measured } from './measurement';
import { MemoryPeaks } from './memory-peaks';
import { scalePage } from './page';
import { nameOf, planTasks, type PlanOptions, type Task } from './plan';
import { scalePlot } from './plot';

const plan: PlanOptions = {
  cells: [600],
  genes: [200],
  threads: [1, 2],
  engines: ['auto'],
  generate: [50],
  kinds: ['train', 'read', 'generate', 'limits'],
};
let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cfgen-scale-'));
  ({ engine } = await createEngine('wasm', { threads: 2 }));
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

it('plans each measurement once, with small ones first', () => {
  const tasks = planTasks({ ...plan, cells: [100, 200, 400, 800], genes: [50, 100], engines: ['wasm', 'native'] });
  const names = tasks.map(nameOf);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith('train-') && name.endsWith('native-2'))).toEqual([
    'train-400x50-h5ad-native-2',
    'train-100x100-h5ad-native-2',
    'train-200x100-h5ad-native-2',
    'train-400x100-h5ad-native-2',
    'train-800x100-h5ad-native-2',
  ]);
  expect(names).toContain('train-400x100-h5ad-wasm-1');
  expect(names).toContain('train-800x100-zarr-wasm-2');
});

it('finds the exponent of a power law', () => {
  const points = [1, 10, 100].map((x) => [x, 3 * x ** 1.5] as const);
  expect(growthExponent(points)).toBeCloseTo(1.5, 12);
  expect(growthExponent(points.slice(1, 2))).toBeUndefined();
});

it('tells the peaks of memory part by part', () => {
  const peaks = new MemoryPeaks('much');
  const held = new Uint8Array(2 ** 27).fill(1);
  peaks.begin('little');
  const { whole, much, little } = peaks.all();
  expect(held[5]).toBe(1);
  expect(whole).toBeGreaterThan(2 ** 27);
  // Where the system does not say, only the whole is known.
  if (much !== undefined) expect(much).toBeGreaterThan(2 ** 27);
  if (little !== undefined) expect(little).toBeLessThanOrEqual(whole ?? 0);
});

describe('a small series', () => {
  it('measures training, generation and reading, keeps the answers, and makes a page and a plot of them', async () => {
    const data = join(folder, 'atlas.h5ad');
    await writeAtlas({ cells: 600, features: 200, density: 0.5, labels: 3, batches: 2, seed: 0, out: data, overwrite: true });
    const options = { work: folder, memory: 2 ** 30, epochs: 3 };
    const model = join(folder, 'model');
    const out = join(folder, 'generated.h5ad');
    const kept = new Answers(join(folder, 'answers'));
    const found: Partial<Record<Task['kind'], Measured>> = {
      train: await measureTraining(engine, data, model, options),
      generate: await measureGeneration(engine, { model, out, cells: 50 }, options),
      read: await measureReading(data, options),
    };
    expect(found.train?.facts).toMatchObject({ cells: 600 });
    expect(found.read?.facts['nonzeros']).toBeGreaterThan(40_000);
    for (const measured of Object.values(found)) {
      for (const seconds of Object.values(measured.seconds)) expect(seconds).toBeGreaterThan(0);
      expect(measured.peaks['whole']).toBeGreaterThan(2 ** 24);
    }
    for (const task of planTasks(plan)) {
      const measured = found[task.kind];
      if (measured !== undefined) kept.put({ task, ...measured });
    }
    const answers: Answer[] = planTasks(plan).flatMap((task) => kept.get(task) ?? []);
    // Training with two numbers of threads and from a store, reading two formats, generating two.
    expect(answers).toHaveLength(7);
    const machine = { processor: 'a processor', cores: 2, memory: 2 ** 34, system: 'linux', node: '20' };
    const page = scalePage({ answers, plan, memory: 2 ** 32, density: 0.03, machine, plotted: true });
    for (const part of ['## Training', '## Generating', '## Reading', '1 to 2 threads']) expect(page).toContain(part);
    expect(page).not.toMatch(/NaN|undefined/);
    expect(scalePlot(answers, plan)).toMatch(/^<svg /);
  });
});
