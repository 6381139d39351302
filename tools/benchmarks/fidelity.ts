// Fidelity of the presets on held-out cells: trains, generates like the test cells, scores; several seeds as replicates.
//
//   npx tsx tools/benchmarks/fidelity.ts --data <folder with *.h5ad and splits/*.tsv> --work <folder for models> [--out docs/fidelity.md]
//     [--datasets pbmc3k,kang_donors] [--presets best,paper] [--seeds 0,1,2] [--threads 2]
//
// A preset may be computed in mixed precision: `best+mixed`.
//
// Models and generated files that are there already are used again, so that an interrupted run goes on.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine, type Engine, type Precision } from '@cfgen/compute';
import { preset } from '@cfgen/model';
import { evaluateFiles, generateToFile, trainFromFile, type StepContext } from '@cfgen/stages';

interface DatasetChoice {
  readonly name: string;
  readonly label: string;
  /** Genes seen in fewer cells are left out; 30 gives the 8,573 genes of the paper's PBMC3K. */
  readonly minCells: number;
}

interface Row {
  readonly id: string;
  readonly title: string;
  readonly mean: number | null;
  readonly sem: number | null;
  readonly floor: number | null;
  readonly baseline: number | null;
}

const known: readonly DatasetChoice[] = [
  { name: 'pbmc3k', label: 'cell_type', minCells: 30 },
  { name: 'kang_donors', label: 'cell_type', minCells: 20 },
];

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string' },
    out: { type: 'string', default: 'docs/fidelity.md' },
    datasets: { type: 'string', default: 'pbmc3k,kang_donors' },
    presets: { type: 'string', default: 'best,paper' },
    seeds: { type: 'string', default: '0,1,2' },
    threads: { type: 'string', default: '2' },
  },
});
const { data: dataFolder, work } = options;
if (dataFolder === undefined || work === undefined) throw new Error('give --data and --work');
const seeds = options.seeds.split(',').map(Number);
const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
const engines = new Map<Precision, Engine>();

const sections: string[] = [];
for (const name of options.datasets.split(',')) {
  const dataset = known.find((candidate) => candidate.name === name);
  if (dataset === undefined) throw new Error(`no data set ${name}; known: ${known.map((candidate) => candidate.name).join(', ')}`);
  const tables: { preset: string; rows: Row[]; seconds: number[] }[] = [];
  for (const presetName of options.presets.split(',')) tables.push(await scorePreset(dataset, presetName, dataFolder, work));
  sections.push(renderSection(dataset, tables));
}
for (const engine of engines.values()) await engine.close();
writeFileSync(options.out, renderDocument(sections));
process.stdout.write(`${options.out}\n`);

async function contextFor(precision: Precision): Promise<StepContext> {
  const engine = engines.get(precision) ?? (await createEngine('auto', { threads: Number(options.threads), precision })).engine;
  engines.set(precision, engine);
  return { engine, version, memory: 4 * 2 ** 30, onProblem: ({ message }) => process.stderr.write(`  ${message}\n`) };
}

async function scorePreset(dataset: DatasetChoice, presetName: string, folder: string, workFolder: string) {
  const [settingsName = '', precision] = presetName.split('+');
  const context = await contextFor(precision === 'mixed' ? 'mixed' : 'full');
  const data = join(folder, `${dataset.name}.h5ad`);
  const split = join(folder, 'splits', `${dataset.name}.tsv`);
  const seconds: number[] = [];
  const generated: string[] = [];
  for (const seed of seeds) {
    const run = join(workFolder, `${dataset.name}-${presetName}-${seed}`);
    const model = join(run, 'model');
    const out = join(run, 'synthetic.h5ad');
    mkdirSync(run, { recursive: true });
    const started = performance.now();
    if (!existsSync(join(model, 'model.json'))) {
      await trainFromFile(
        {
          data,
          split,
          out: model,
          labels: [dataset.label],
          batches: [],
          minCells: dataset.minCells,
          missingLabels: 'refuse',
          settings: preset(settingsName),
          seed,
          overwrite: true,
          resume: false,
          checkpointEvery: null,
        },
        context,
      );
      writeFileSync(join(run, 'seconds.json'), JSON.stringify((performance.now() - started) / 1000));
    }
    seconds.push(JSON.parse(readFileSync(join(run, 'seconds.json'), 'utf8')) as number);
    if (!existsSync(out)) {
      const nothing = new Map<string, never>();
      await generateToFile(
        {
          model,
          out,
          like: data,
          split,
          where: nothing,
          guidance: nothing,
          librarySize: 'prior',
          seed,
          means: false,
          latents: false,
          compression: 'gzip',
          overwrite: true,
        },
        context,
      );
    }
    process.stderr.write(`${dataset.name} ${presetName} seed ${seed}: trained in ${seconds.at(-1)?.toFixed(0)} s\n`);
    generated.push(out);
  }
  const { result } = await evaluateFiles(
    { real: data, split, generated, label: dataset.label, out: join(workFolder, `${dataset.name}-${presetName}-report`), overwrite: true },
    context,
  );
  return { preset: presetName, rows: [...result.summary] as Row[], seconds };
}

function renderSection(dataset: DatasetChoice, tables: readonly { preset: string; rows: Row[]; seconds: number[] }[]): string {
  const first = tables[0]?.rows ?? [];
  const cell = (row: Row | undefined): string =>
    row === undefined || row.mean === null ? '' : `${number(row.mean)}${row.sem === null ? '' : ` ± ${number(row.sem)}`}`;
  return [
    `## ${dataset.name}`,
    '',
    `Label \`${dataset.label}\`, genes seen in at least ${dataset.minCells} cells. Generated like the test cells (their labels and library sizes), seeds ${seeds.join(', ')}: mean ± standard error.`,
    '',
    `| | ${tables.map((table) => `\`${table.preset}\``).join(' | ')} | real against real (floor) | label-profile baseline |`,
    `|---|${tables.map(() => '---|').join('')}---|---|`,
    ...first.map(
      (row) =>
        `| ${row.title} | ${tables.map((table) => cell(table.rows.find(({ id }) => id === row.id))).join(' | ')} | ${number(row.floor)} | ${number(row.baseline)} |`,
    ),
    `| training, s | ${tables.map((table) => table.seconds.map((s) => s.toFixed(0)).join(', ')).join(' | ')} | | |`,
    '',
  ].join('\n');
}

function number(value: number | null): string {
  if (value === null) return '';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(2) : value.toFixed(3);
}

function renderDocument(parts: readonly string[]): string {
  return [
    '# Fidelity on held-out cells',
    '',
    'Made by `npx tsx tools/benchmarks/fidelity.ts`. A classifier AUC of 0.5 means that generated cells cannot be told from real ones; the floor is what real',
    'training cells score in their place, the baseline a mean profile per label with negative-binomial noise and no latent.',
    `CFGen ${version}, Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${options.threads} threads.`,
    '',
    ...parts,
  ].join('\n');
}
