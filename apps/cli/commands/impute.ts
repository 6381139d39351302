import { CfgenError } from '@cfgen/contracts';
import type { ImputationEvaluation, ImputeSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { eitherOf } from '../options/choices';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { guidanceOf } from '../options/conditions';
import { missingOf, partOf } from '../options/moved-cells';
import { realNumber, wholeNumber } from '../options/numbers';
import { solverOf, type SolverRequest } from '../options/solver';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { count, duration, figure } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { roundTripRows } from './correct';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, SolverRequest, CompressionRequest {
  readonly noise: string;
  readonly guidance?: readonly string[];
  readonly missing: string;
  readonly layer?: string;
  readonly split?: string;
  readonly part: string;
  readonly bound?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
  readonly evaluate?: boolean;
  readonly mask: string;
  readonly entries: string;
  readonly repeats: string;
  readonly label?: readonly string[];
  readonly batch?: readonly string[];
  readonly preset: string;
  readonly set?: readonly string[];
  readonly epochs?: string;
  readonly flowSteps?: string;
  readonly minCells: string;
}

const examples = `
Examples:
  cfgen impute model/ data.h5ad --out imputed.h5ad
  cfgen impute model/ data.h5ad --noise 0.05 --missing keep --out imputed.h5ad
  cfgen impute production 01ARZ3NDEKTSV4RRFFQ69G5FAV --server http://cfgen:8080
  cfgen impute data.h5ad --evaluate --label cell_type --mask 0.1 --repeats 5      hide entries, train, impute, compare`;

export function addImpute(program: Command, session: Session): void {
  const command = program
    .command('impute')
    .summary('estimate what the counts of cells would be without dropout')
    .description(
      "Estimates the expected counts of every gene in every cell: the data's counts stay in X, the expected ones are in layers['imputed'] (dense: 4 bytes a cell and gene). With --evaluate: hides entries, trains on the rest, and says how well they are recovered.",
    )
    .argument('<model or data>', 'model folder; with --evaluate the data file')
    .argument('[data]', 'data file whose cells to impute')
    .option('--noise <s>', 'deviation of the noise between the way back and the way forth, below 0.1', '0.05')
    .option('--guidance <column=weight>', 'how strongly a column guides, both ways; may be repeated (default: 1)', collected)
    .option('--missing <what>', 'cells with a label that is missing or unknown to the model: refuse, or keep them', 'refuse')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--split <file>', 'only cells of one part of this table (columns barcode and split); with --evaluate the "train" part')
    .option('--part <name>', 'with --split: train or test', 'test')
    .option('--bound <x>', 'largest relative error of the round trip that is good enough (default: from the data)')
    .option('--solver <name>', 'euler, midpoint, rk4 or dopri5 (default: rk4 in 10 steps)')
    .option('--steps <n>', 'steps of euler, midpoint or rk4')
    .option('--tolerance <x>', 'tolerance of dopri5')
    .option('--seed <n>', 'the same seed gives the same file', '0')
    .option('--compression <how>', 'gzip or none', 'gzip')
    .option('--level <n>', 'gzip level, 1 (fast) to 9 (small)')
    .option('--out <file>', 'file to write: .h5ad, .zarr or .zarr.zip', 'imputed.h5ad')
    .option('--overwrite', 'replace a file that is there')
    .option('--evaluate', 'hide entries of the data, train on the rest, impute, and compare')
    .option('--mask <share>', 'with --evaluate: share of the entries to hide', '0.1')
    .option('--entries <which>', 'with --evaluate: hide of those that are not zero (nonzero), or of all', 'nonzero')
    .option('--repeats <n>', 'with --evaluate: how often to hide and train anew', '5')
    .option('--label <column>', 'with --evaluate: obs column to condition on; may be repeated', collected)
    .option('--batch <column>', 'with --evaluate: obs column of technical variation; may be repeated', collected)
    .option('--preset <name>', 'with --evaluate: settings of the training', 'best')
    .option('--set <path=value>', 'with --evaluate: change one setting; may be repeated', collected)
    .option('--epochs <n>', 'with --evaluate: epochs of the autoencoder')
    .option('--flow-steps <n>', 'with --evaluate: steps of the flow')
    .option('--min-cells <n>', 'with --evaluate: leave out genes seen in fewer cells', '20');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (first: string, second: string | undefined, options: Options) => {
      if (serverOf(session, options) !== undefined) {
        const { imputeOnServer } = await import('../server/start-moving');
        return imputeOnServer(session, first, second, options);
      }
      if (options.evaluate === true) return evaluate(session, first, second, options);
      return impute(session, first, second, options);
    });
}

async function impute(session: Session, model: string, data: string | undefined, options: Options): Promise<void> {
  if (data === undefined) {
    throw new CfgenError('REQUEST_INVALID', 'the data file is missing', {
      hint: 'cfgen impute <model> <data>, or with --evaluate the data alone.',
    });
  }
  const { layer, bound } = options;
  const split = partOf(options);
  const solver = solverOf(options);
  const request = {
    ...{ model, data, out: options.out, overwrite: options.overwrite === true },
    noise: realNumber('--noise', options.noise, { min: 0 }),
    guidance: guidanceOf(options.guidance ?? []),
    missing: missingOf(options.missing),
    seed: seedOf(options.seed),
    ...compressionOf(options),
    ...(layer === undefined ? {} : { layer }),
    ...(split === undefined ? {} : { split }),
    ...(solver === undefined ? {} : { solver }),
    ...(bound === undefined ? {} : { bound: realNumber('--bound', bound) }),
  };
  await runStep(session, options, 'Nothing was written; the same command gives the same file.', async ({ context, times }) => {
    const { imputeToFile } = await import('@cfgen/stages');
    return answer(await imputeToFile(request, context), times.total());
  });
}

function answer(summary: ImputeSummary, seconds: number): Answer {
  const { out, cells, features, unknown, roundTrip, nonzeros, total, evaluationsPerCell, modelHash } = summary;
  return {
    lines: [
      `The imputed cells are in ${out}: expected counts in layers['imputed']`,
      ...indented(
        table([
          ['cells', count(cells)],
          ['genes', count(features)],
          ...unknown.map(({ column, cells: n }) => ['unknown', `${count(n)} cells went through without ${column}`]),
          ...roundTripRows(roundTrip),
          ['time', duration(seconds)],
        ]),
      ),
    ],
    json: { command: 'impute', out, cells, features, unknown, roundTrip, nonzeros, total, evaluationsPerCell, modelHash },
  };
}

async function evaluate(session: Session, data: string, more: string | undefined, options: Options): Promise<void> {
  if (more !== undefined) {
    throw new CfgenError('REQUEST_INVALID', '--evaluate trains models of its own', { hint: 'Give the data file alone.' });
  }
  const { settingsOf } = await import('../options/settings');
  const solver = solverOf(options);
  const request = {
    ...{ data, labels: options.label ?? [], batches: options.batch ?? [], missingLabels: 'refuse' as const },
    settings: settingsOf(options),
    minCells: wholeNumber('--min-cells', options.minCells, { min: 0 }),
    mask: realNumber('--mask', options.mask),
    entries: eitherOf('--entries', options.entries, ['nonzero', 'all']),
    repeats: wholeNumber('--repeats', options.repeats, { min: 1, max: 100 }),
    noise: realNumber('--noise', options.noise, { min: 0 }),
    guidance: guidanceOf(options.guidance ?? []),
    seed: seedOf(options.seed),
    ...(options.layer === undefined ? {} : { layer: options.layer }),
    ...(options.split === undefined ? {} : { split: options.split }),
    ...(solver === undefined ? {} : { solver }),
  };
  await runStep(session, options, 'Nothing was kept; run the same command again.', async ({ context, times }) => {
    const { evaluateImputation } = await import('@cfgen/stages');
    return scores(await evaluateImputation(request, context), times.total());
  });
}

function scores(result: ImputationEvaluation, seconds: number): Answer {
  const { cells, features, mask, entries, repeats, model, baseline } = result;
  const text = ({ mean, sem }: { mean: number; sem: number | null }): string => `${figure(mean)}${sem === null ? '' : ` ± ${figure(sem)}`}`;
  const hidden = Math.round(repeats.reduce((sum, one) => sum + one.hidden, 0) / repeats.length);
  return {
    lines: [
      `Imputation of ${count(hidden)} hidden entries (${figure(100 * mask)} % of ${entries === 'all' ? 'all' : 'those that are not zero'}) in ${count(cells)} cells x ${count(features)} genes, ${count(repeats.length)} times`,
      ...indented(
        table([
          ['', 'mean |true - imputed|', 'Pearson correlation'],
          ['model', text(model.l1), text(model.pearson)],
          ['mean of the label', text(baseline.l1), text(baseline.pearson)],
          ['time', duration(seconds)],
        ]),
      ),
    ],
    json: { command: 'impute', ...result },
  };
}
