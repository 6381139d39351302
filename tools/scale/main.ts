// Measures what cells, genes and threads cost on synthetic atlases, and that memory stays bounded; writes docs/scale.md.
//
//   npx tsx tools/scale/main.ts --work <folder with room> [--engines native,wasm] [--cells 9141,...,585000] [--genes 7000,14000,28000]
//     [--threads 1,2] [--generate 62500,250000,1000000] [--only train,read,generate,limits] [--memory <GiB>] [--python <with anndata>]
//
// Every measurement is a fresh process and its answer is kept in the folder: a series may be stopped at any time, and goes on when called again.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CfgenError } from '@cfgen/contracts';
import prettier from 'prettier';
import { Answers, type Answer } from './answers';
import { checkFile } from './check-file';
import { remove, requireRoom } from './files';
import type { Measured, MeasureRequest } from './measurement';
import { scalePage } from './page';
import { atlasOf, nameOf, planTasks, type PlanOptions, type Task, type TaskKind } from './plan';
import { scalePlot } from './plot';
import { bundle } from '../build/bundle.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    work: { type: 'string' },
    out: { type: 'string', default: join(root, 'docs/scale.md') },
    engines: { type: 'string', default: 'native,wasm' },
    cells: { type: 'string', default: '9141,18281,36563,73125,146250,292500,585000' },
    genes: { type: 'string', default: '7000,14000,28000' },
    threads: { type: 'string', default: '1,2' },
    generate: { type: 'string', default: '62500,250000,1000000' },
    only: { type: 'string', default: 'train,read,generate,limits' },
    memory: { type: 'string', default: '4' },
    epochs: { type: 'string', default: '2' },
    density: { type: 'string', default: '0.03' },
    python: { type: 'string' },
    'keep-atlases': { type: 'boolean', default: false },
    'page-only': { type: 'boolean', default: false },
  },
});
if (options.work === undefined) {
  process.stderr.write(
    'error: where may tens of gigabytes be written?\nhint: --work <folder>; answers are kept there, large files are removed\n',
  );
  process.exit(2);
}

const work = resolve(options.work);
mkdirSync(work, { recursive: true });
const numbers = (text: string): number[] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
const plan: PlanOptions = {
  cells: numbers(options.cells),
  genes: numbers(options.genes),
  threads: numbers(options.threads),
  engines: options.engines.split(','),
  generate: numbers(options.generate),
  kinds: options.only.split(',') as TaskKind[],
};
const memory = Number(options.memory) * 2 ** 30;
const density = Number(options.density);
const answers = new Answers(join(work, 'answers'));
const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
/** Bytes of a compressed file for each non-zero: 1.9 measured in HDF5, 2.6 in Zarr. */
const bytesPerNonzero = 3;
/** Bytes for each non-zero while a store is unpacked for reading, and while counts are spilled. */
const temporaryPerNonzero = 11;

const tasks = planTasks(plan);
const failed: string[] = [];
if (!options['page-only']) {
  execFileSync(process.execPath, [join(root, 'tools/build/build.mjs'), 'kernels', 'native'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // As `cfgen` is run: a loader of TypeScript in the same process would show in its memory.
  await bundle(root, 'dist/scale', { measure: 'tools/scale/measure.ts' });
  for (const [at, task] of tasks.entries()) {
    if (answers.get(task) !== undefined) continue;
    say(`${at + 1} of ${tasks.length}: ${nameOf(task)}`);
    try {
      answers.put(measure(task));
    } catch (error) {
      failed.push(nameOf(task));
      say(error instanceof Error ? error.message : String(error));
    }
    if (!options['keep-atlases']) removeUnneeded(tasks.slice(at + 1));
  }
}
await writePage();
if (failed.length > 0) {
  say(`failed: ${failed.join(', ')}; call again to try them again`);
  process.exitCode = 1;
}

function measure(task: Task): Answer {
  const atlas = atlasOf(task);
  const data = join(work, atlas?.name ?? (task.kind === 'limits' ? `${nameOf(task)}.h5ad` : `${nameOf(task)}.${formatOf(task)}`));
  if (atlas !== undefined) makeAtlas(data, atlas.size);
  else requireRoom(work, outputBytes(task), nameOf(task));
  const trained = join(work, 'training');
  const model = task.kind === 'generate' ? largestModel(task.genes) : trained;
  try {
    const found = run({ task, data, model, options: { work, memory, epochs: Number(options.epochs) } });
    if (task.kind === 'train') keepModel(trained, task.cells, task.genes);
    const checked = atlas === undefined && options.python !== undefined ? checkFile(options.python, data, found.facts) : undefined;
    const taken = { at: new Date().toISOString(), commit: git('describe', '--always', '--dirty') };
    return { task, ...found, ...(checked === undefined ? {} : { checked }), taken };
  } finally {
    remove(trained);
    if (atlas === undefined) remove(data);
  }
}

function run(request: MeasureRequest): Measured {
  const child = spawnSync(process.execPath, [join(root, 'dist/scale/measure.mjs'), JSON.stringify(request)], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  if (child.status !== 0) throw new Error(`${nameOf(request.task)} ended with ${child.signal ?? `status ${child.status ?? 'unknown'}`}`);
  return JSON.parse(child.stdout) as Measured;
}

function makeAtlas(path: string, { cells, genes }: { cells: number; genes: number }): void {
  if (existsSync(path)) return;
  const nonzeros = cells * genes * density;
  requireRoom(work, nonzeros * (bytesPerNonzero + temporaryPerNonzero), `an atlas of ${cells} cells`);
  say(`making ${path}`);
  const script = join(root, 'tools/synthetic-atlas/main.ts');
  // Under another name until it is whole: an interrupted one is made anew.
  const making = join(dirname(path), `making-${basename(path)}`);
  remove(making);
  const size = ['--cells', cells, '--features', genes, '--density', density, '--labels', 20, '--batches', 8].map(String);
  execFileSync(process.execPath, ['--import', 'tsx', script, ...size, '--out', making], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(making, path);
}

function removeUnneeded(pending: readonly Task[]): void {
  const needed = new Set(pending.filter((task) => answers.get(task) === undefined).map((task) => atlasOf(task)?.name));
  for (const name of readdirSync(work)) if (name.startsWith('atlas-') && !needed.has(name)) remove(join(work, name));
}

function formatOf(task: Task): string {
  return 'format' in task ? task.format : 'h5ad';
}

function outputBytes(task: Task): number {
  if (task.kind === 'limits') return task.limit === 'bytes' ? 6e9 : 2e9;
  return 'cells' in task ? task.cells * task.genes * density * bytesPerNonzero : 0;
}

/** Models are kept by the number of cells they were trained on. */
function keepModel(folder: string, cells: number, genes: number): void {
  const kept = join(work, `model-${genes}-${cells}`);
  remove(kept);
  renameSync(folder, kept);
}

function largestModel(genes: number): string {
  const prefix = `model-${genes}-`;
  const sizes = readdirSync(work).flatMap((name) => (name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : []));
  if (sizes.length > 0) return join(work, `${prefix}${Math.max(...sizes)}`);
  throw new CfgenError('MODEL_NOT_FOUND', `there is no model of ${genes} genes in ${work}`, { hint: 'Measure trainings first.' });
}

async function writePage(): Promise<void> {
  const found = tasks.flatMap((task) => answers.get(task) ?? []);
  if (found.length === 0) throw new Error('nothing was measured');
  const image = join(dirname(options.out), 'images', 'scale.svg');
  const plot = scalePlot(found, plan);
  if (plot !== undefined) {
    mkdirSync(dirname(image), { recursive: true });
    writeFileSync(image, plot);
  }
  const page = scalePage({ answers: found, plan, memory, density, machine: machine(), plotted: plot !== undefined });
  writeFileSync(options.out, await prettier.format(page, { ...(await prettier.resolveConfig(options.out)), parser: 'markdown' }));
  say(`wrote ${options.out}`);
}

function git(...words: string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
}

function machine() {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
  };
}
