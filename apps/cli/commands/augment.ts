import { CfgenError } from '@cfgen/contracts';
import type { AugmentationEvaluationSummary, AugmentationPlan, AugmentSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { guidanceOf } from '../options/conditions';
import { realNumber, wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { count, duration, share } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { recallTable } from './recall-table';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, SolverRequest, CompressionRequest {
  readonly label: string;
  readonly target: string;
  readonly by?: string;
  readonly maxFactor: string;
  readonly minSupport: string;
  readonly split?: string;
  readonly layer?: string;
  readonly plan?: boolean;
  readonly evaluate?: boolean;
  readonly replicates: string;
  readonly neighbours: string;
  readonly report: string;
  readonly guidance?: readonly string[];
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen augment model/ data.h5ad --label cell_type --target 20000 --plan      what would be generated; writes nothing
  cfgen augment model/ data.h5ad --label cell_type --target 20000 --out augmented.h5ad
  cfgen augment model/ data.h5ad --label cell_type --by donor --target 20000      within each donor
  cfgen augment model/ data.h5ad --label cell_type --target 20000 --split split.tsv --evaluate      is recall better for it?`;

export function addAugment(program: Command, session: Session): void {
  const command = program
    .command('augment')
    .summary('top up rare labels of a data set with generated cells')
    .description(
      'Tops up the rare labels of a data set with generated cells, in inverse proportion to their frequency: real and generated cells in one AnnData file, told apart by obs["cfgen_source"].',
    )
    .argument('<model>', 'model folder')
    .argument('<data>', 'real cells')
    .requiredOption('--label <column>', 'obs column whose rare values are topped up')
    .requiredOption('--target <n>', 'real and generated cells together')
    .option('--by <column>', 'top up within each value of this column, such as donor')
    .option('--max-factor <x>', 'generated cells of a label are at most this many times its real ones', '20')
    .option('--min-support <n>', 'labels with fewer real cells are left as they are', '20')
    .option('--split <file>', 'only the "train" cells of the data (table with columns barcode and split)')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--plan', 'only show what would be generated')
    .option('--evaluate', 'with --split: recall of classifiers on the "test" cells before and after')
    .option('--replicates <n>', 'with --evaluate: how many augmentations to judge, with seeds one after the other', '3')
    .option('--neighbours <k>', 'with --evaluate: neighbours that vote on a cell', '15')
    .option('--report <folder>', 'with --evaluate: folder for augmentation.json and augmentation.html', 'augmentation')
    .option('--guidance <column=weight>', 'how strongly a column guides; may be repeated (default: that of the model)', collected)
    .option('--solver <name>', "euler, midpoint, rk4 or dopri5 (default: the model's own)")
    .option('--steps <n>', 'steps of euler, midpoint or rk4')
    .option('--tolerance <x>', 'tolerance of dopri5')
    .option('--seed <n>', 'the same seed gives the same file', '0')
    .option('--compression <how>', 'gzip or none', 'gzip')
    .option('--level <n>', 'gzip level, 1 (fast) to 9 (small)')
    .option('--out <file>', '.h5ad file to write', 'augmented.h5ad')
    .option('--overwrite', 'replace what is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (model: string, data: string, options: Options) => {
      if (serverOf(session, options) === undefined) return augment(session, model, data, options);
      const { augmentOnServer } = await import('../server/start-augmentation');
      return augmentOnServer(session, model, data, options);
    });
}

async function augment(session: Session, model: string, data: string, options: Options): Promise<void> {
  const request = requestOf(model, data, options);
  const evaluated = evaluationOf(options);
  await runStep(session, options, 'Nothing was written; the same command gives the same cells.', async ({ context, times }) => {
    const stages = await import('@cfgen/stages');
    if (options.plan === true) return planAnswer(await stages.previewAugmentation(request, context));
    if (evaluated === undefined) return cellsAnswer(await stages.augmentToFile(request, context), times.total());
    return evaluationAnswer(await stages.evaluateAugmentationFiles({ ...request, ...evaluated }, context), times.total());
  });
}

function requestOf(model: string, data: string, options: Options) {
  const solver = solverOf(options);
  const { by, split, layer } = options;
  return {
    ...{ model, data, label: options.label, out: options.out, overwrite: options.overwrite === true },
    target: wholeNumber('--target', options.target, { min: 1 }),
    maxFactor: realNumber('--max-factor', options.maxFactor, { min: 0 }),
    minSupport: wholeNumber('--min-support', options.minSupport, { min: 0 }),
    seed: seedOf(options.seed),
    guidance: guidanceOf(options.guidance ?? []),
    ...compressionOf(options),
    ...(by === undefined ? {} : { by }),
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
    ...(solver === undefined ? {} : { solver }),
  };
}

function evaluationOf({ evaluate, split, replicates, neighbours, report }: Options) {
  if (evaluate !== true) return undefined;
  if (split === undefined) {
    throw new CfgenError('REQUEST_INVALID', '--evaluate needs --split', {
      hint: 'Give a table with the columns barcode and split, whose "test" cells neither the model nor the classifiers see.',
      details: { option: '--split' },
    });
  }
  return {
    split,
    report,
    replicates: wholeNumber('--replicates', replicates, { min: 1, max: 32 }),
    settings: { neighbours: wholeNumber('--neighbours', neighbours, { min: 1, max: 1000 }) },
  };
}

function planAnswer(plan: AugmentationPlan): Answer {
  return { lines: [...planTable(plan), '', 'Nothing was written.'], json: { command: 'augment', plan } };
}

function planTable({ rows, real, generated, label, by }: AugmentationPlan): string[] {
  const heads = [...(by === null ? [] : [by]), label, 'real', 'share', 'generated', ''];
  const lines = rows.map((row) => [
    ...(by === null ? [] : [row.stratum ?? '']),
    row.label,
    count(row.real),
    share(row.frequency),
    count(row.generated),
    row.skipped ?? (row.capped ? 'at its ceiling' : ''),
  ]);
  const sums = [...(by === null ? [] : ['']), 'all', count(real), '', count(generated), ''];
  const text = by === null ? 1 : 2;
  return table([heads, ...lines, sums], [...Array.from({ length: text }, () => 'left' as const), 'right', 'right', 'right']);
}

function cellsAnswer({ out, plan, features, modelHash }: AugmentSummary, seconds: number): Answer {
  return {
    lines: [
      `The cells are in ${out}: ${count(plan.real)} real, ${count(plan.generated)} generated, ${count(features)} genes`,
      ...indented(planTable(plan)),
      `Time: ${duration(seconds)}`,
    ],
    json: { command: 'augment', out, plan, features, modelHash },
  };
}

function evaluationAnswer({ augmentation, result, metrics, report }: AugmentationEvaluationSummary, seconds: number): Answer {
  const cells = cellsAnswer(augmentation, seconds);
  return {
    lines: [
      ...cells.lines.slice(0, -1),
      ...recallTable(result),
      '',
      `Report: ${report}`,
      `Figures: ${metrics}`,
      `Time: ${duration(seconds)}`,
    ],
    json: { ...cells.json, metrics, report, classifiers: result.classifiers, notes: result.notes },
  };
}
