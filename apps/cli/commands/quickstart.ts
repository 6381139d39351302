import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import type { EvaluateSummary, StepContext } from '@cfgen/stages';
import type { Command } from 'commander';
import { duration } from '../terminal/quantities';
import { shellCommand } from '../terminal/shell-words';
import { indented, table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import { howToRead, scoreTable } from './score-table';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions {
  readonly out: string;
  readonly seed: string;
  readonly keep?: boolean;
}

export function addQuickstart(program: Command, session: Session): void {
  const command = program
    .command('quickstart')
    .summary('train, generate and evaluate on the bundled sample')
    .description(
      'Trains a small model on four fifths of 2,638 real blood cells (PBMC3K, 10x Genomics), generates as many cells as the other fifth has, and compares the two.',
    )
    .option('--out <folder>', 'folder for the model, the cells and the report; an earlier run there is replaced', 'cfgen-quickstart')
    .option('--seed <n>', 'the same seed gives the same cells', '0')
    .option('--keep', 'keep the model of an earlier run instead of training again');
  addOutputOptions(addComputeOptions(command)).action((options: Options) => quickstart(session, options));
}

/** Files of a quickstart. */
interface Places {
  readonly data: string;
  readonly split: string;
  readonly model: string;
  readonly cells: string;
  readonly report: string;
}

interface Outcome extends Places {
  readonly evaluation: EvaluateSummary;
  readonly seconds: Readonly<Record<'train' | 'generate' | 'evaluate', number>>;
}

async function quickstart(session: Session, options: Options): Promise<void> {
  const places: Places = {
    data: join(session.assets, 'pbmc3k.h5ad'),
    split: join(session.assets, 'pbmc3k.tsv'),
    model: join(options.out, 'model'),
    cells: join(options.out, 'synthetic.h5ad'),
    report: join(options.out, 'report'),
  };
  const seed = seedOf(options.seed);
  makeFolder(options.out);
  await runStep(session, options, 'Run the same command again to start anew.', async ({ context }) =>
    answer(await runStages(places, seed, options.keep === true, session.clock, context)),
  );
}

async function runStages(places: Places, seed: number, keep: boolean, clock: () => number, context: StepContext): Promise<Outcome> {
  const { trainFromFile, generateToFile, evaluateFiles } = await import('@cfgen/stages');
  const { preset } = await import('@cfgen/model');
  const { data, split, model, cells, report } = places;
  const started = clock();
  if (!keep || !existsSync(join(model, 'model.json'))) {
    await trainFromFile(
      {
        data,
        labels: ['cell_type'],
        batches: [],
        out: model,
        settings: preset('quick'),
        minCells: 20,
        split,
        missingLabels: 'refuse',
        seed,
        overwrite: true,
        resume: false,
        checkpointEvery: null,
      },
      context,
    );
  }
  const trained = clock();
  await generateToFile(
    {
      model,
      out: cells,
      overwrite: true,
      where: new Map(),
      guidance: new Map(),
      like: data,
      split,
      librarySize: 'prior',
      seed,
      means: false,
      latents: false,
      compression: 'gzip',
    },
    context,
  );
  const generated = clock();
  const evaluation = await evaluateFiles(
    { real: data, generated: [cells], label: 'cell_type', split, model, out: report, overwrite: true, settings: { seed } },
    context,
  );
  const seconds = { train: trained - started, generate: generated - trained, evaluate: clock() - generated };
  return { ...places, evaluation, seconds };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new CfgenError(
      'OUTPUT_UNWRITABLE',
      `the folder ${path} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'Choose another folder by --out.',
        details: { path },
        cause,
      },
    );
  }
}

const tableRows = ['auc.forest', 'auc.logistic', 'w2.centred', 'w2.label.centred', 'agreement'];

function answer({ data, split, model, cells, evaluation, seconds }: Outcome): Answer {
  const { result, report, metrics } = evaluation;
  const { train, generate, evaluate } = seconds;
  return {
    lines: [
      ...table([
        ['model', model],
        ['new cells', cells],
        ['report', `${report}   (open it in a browser)`],
        ['figures', metrics],
        ['time', `training ${duration(train)}, generating ${duration(generate)}, evaluating ${duration(evaluate)}`],
      ]),
      '',
      ...scoreTable(result, tableRows),
      '',
      ...howToRead(result),
      '',
      'Next',
      ...indented([
        shellCommand(['cfgen', 'generate', model, '--cells', '1000', '--where', 'cell_type=NK cells', '--out', 'nk-cells.h5ad']),
        'cfgen inspect data.h5ad                                 your own data: what it holds, what can serve as a label',
        'cfgen train data.h5ad --label cell_type --out model/',
      ]),
    ],
    json: {
      command: 'quickstart',
      data,
      split,
      model,
      synthetic: cells,
      report,
      metrics,
      summary: result.summary,
      steps: seconds,
    },
  };
}
