import type { GuideSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import { bandOf, weightGridOf } from '../options/weight-grid';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { duration, figure } from '../terminal/quantities';
import { table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, SolverRequest {
  readonly grid?: readonly string[];
  readonly cells: string;
  readonly band: string;
  readonly split?: string;
  readonly layer?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen guide model/ data.h5ad --grid cell_type=0,1,1.5,2,3 --grid donor=0,1,2 --out guidance/
  cfgen guide model/ data.h5ad --split split.tsv --grid cell_type=1,2,4 --cells 1000        judged by the test cells
  cfgen guide production 01ARZ3NDEKTSV4RRFFQ69G5FAV --grid cell_type=1,2 --server http://cfgen:8080`;

export function addGuide(program: Command, session: Session): void {
  const command = program
    .command('guide')
    .summary('find the guidance weights to generate with')
    .description(
      'Generates cells with every choice of weights of a grid, and shows how often they are what was asked for and whether they still vary as real cells do.',
    )
    .argument('<model>', 'model folder')
    .argument('<data>', 'real cells to judge by')
    .requiredOption('--grid <column=weight,...>', 'weights to try for a column of the model (repeatable)', collected)
    .option('--cells <n>', 'cells generated with each choice of weights', '500')
    .option('--band <low,high>', 'spread ratios that are neither a collapse nor a blur', '0.8,1.25')
    .option('--split <file>', 'judge by the "test" cells of the data')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--solver <name>', "euler, midpoint, rk4 or dopri5 (default: the model's own)")
    .option('--steps <n>', 'steps of euler, midpoint or rk4')
    .option('--tolerance <x>', 'tolerance of dopri5')
    .option('--seed <n>', 'the same seed gives the same figures', '0')
    .option('--out <folder>', 'folder for guidance.json, guidance.tsv and guidance.svg', 'guidance')
    .option('--overwrite', 'replace a sweep that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (model: string, data: string, options: Options) => {
      if (serverOf(session, options) === undefined) return guide(session, model, data, options);
      const { guideOnServer } = await import('../server/start-guide');
      return guideOnServer(session, model, data, options);
    });
}

async function guide(session: Session, model: string, data: string, options: Options): Promise<void> {
  const { split, layer } = options;
  const solver = solverOf(options);
  const request = {
    ...{ model, data },
    grid: weightGridOf(options.grid ?? []),
    ...(split === undefined ? {} : { split }),
    ...(layer === undefined ? {} : { layer }),
    ...(solver === undefined ? {} : { solver }),
    settings: { cells: wholeNumber('--cells', options.cells, { min: 20 }), band: bandOf(options.band), seed: seedOf(options.seed) },
    out: options.out,
    overwrite: options.overwrite === true,
  };
  await runStep(session, options, 'Nothing was written; run the same command again.', async ({ context, times }) => {
    const { guideFromFile } = await import('@cfgen/stages');
    return answer(await guideFromFile(request, context), times.total());
  });
}

function answer({ result, files }: GuideSummary, seconds: number): Answer {
  return {
    lines: [...sweepTable(result), '', ...advice(result), '', ...files, `Time: ${duration(seconds)}`],
    json: { command: 'guide', files, result },
  };
}

/** A line for each choice of weights: what was asked, how often it was obeyed, how much variance is left; `*` marks the ones to use. */
function sweepTable({ sweep, recommended, realAgreement }: GuideSummary['result']): string[] {
  const names = realAgreement.map(({ name }) => name);
  const rows = sweep.map(({ weights, attributes, meanAgreement, withinBand }) => [
    ...names.map((name) => String(weights[name] ?? '')),
    ...attributes.map(({ agreement }) => figure(agreement)),
    ...attributes.map(({ spreadRatio }) => (spreadRatio === null ? '-' : figure(spreadRatio))),
    figure(meanAgreement),
    names.every((name) => recommended?.weights[name] === weights[name]) ? '*' : withinBand ? '' : 'outside the band',
  ]);
  return table(
    [
      [...names, ...names.map((name) => `agreement ${name}`), ...names.map((name) => `spread ${name}`), 'mean agreement'],
      ...rows,
      ['real', ...names.slice(1).map(() => ''), ...realAgreement.map(({ agreement }) => figure(agreement))],
    ],
    [...names, ...names, ...names, 'mean'].map(() => 'right' as const),
  );
}

function advice({ recommended, reason, settings }: GuideSummary['result']): string[] {
  const band = `${settings.band[0]} to ${settings.band[1]}`;
  if (recommended === null) {
    return [`No weights are recommended: ${reason ?? 'none fit'}.`, 'Try other weights, or train the model longer.'];
  }
  const words = Object.entries(recommended.weights).map(([name, weight]) => `--guidance ${name}=${weight}`);
  return [
    `Recommended: ${words.join(' ')}`,
    `The smallest weights that obey as well as any, up to what real cells reach, among those whose cells vary ${band} times as much as real ones.`,
  ];
}
