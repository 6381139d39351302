// Runs the experiments of the paper and writes docs/results.md. See README.md here.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import prettier from 'prettier';
import { CommandRunner } from './commands';
import type { Experiment, Section, TableRun } from './experiment';
import { renderPage } from './page';
import { augmentation } from './tables/augmentation';
import { correction } from './tables/correction';
import { generation } from './tables/generation';
import { imputation } from './tables/imputation';
import { multimodal } from './tables/multimodal';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** By the paper's number. */
const tables: Readonly<Record<string, TableRun>> = {
  '1': generation,
  '2': multimodal,
  '3': correction,
  '7': augmentation,
  '9': imputation,
};

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string', default: `${root}dist/reproduce` },
    out: { type: 'string', default: `${root}docs/results.md` },
    tables: { type: 'string', default: Object.keys(tables).join(',') },
    presets: { type: 'string', default: 'best,paper' },
    seeds: { type: 'string', default: '0,1,2' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
if (options.data === undefined) throw new Error('give --data <folder>: the data sets and their splits/');

const work = resolve(options.work);
mkdirSync(work, { recursive: true });
const threads = Number(options.threads);
const experiment: Experiment = {
  runner: new CommandRunner(`${root}dist/cli/main.mjs`, work, resolve(options.data), threads),
  seeds: options.seeds.split(',').map(Number),
  presets: options.presets.split(','),
};
const sections: Section[] = [];
for (const name of options.tables.split(',')) {
  const run = tables[name];
  if (run === undefined) throw new Error(`there is no table ${name}; known: ${Object.keys(tables).join(', ')}`);
  sections.push(await run(experiment));
}
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
const page = renderPage(sections, experiment.runner.log, { version, node: process.version, processor, threads, seeds: experiment.seeds });
writeFileSync(options.out, await prettier.format(page, { ...(await prettier.resolveConfig(options.out)), parser: 'markdown' }));
process.stdout.write(`${options.out}\n`);
