import type { CorrectSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { guidanceOf } from '../options/conditions';
import { realNumber } from '../options/numbers';
import { missingOf, partOf } from '../options/moved-cells';
import { solverOf, type SolverRequest } from '../options/solver';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { count, duration, figure, share } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, SolverRequest, CompressionRequest {
  readonly batch?: string;
  readonly reference?: string;
  readonly guidance?: readonly string[];
  readonly missing: string;
  readonly layer?: string;
  readonly split?: string;
  readonly part: string;
  readonly means?: boolean;
  readonly bound?: string;
  readonly seed: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen correct model/ data.h5ad --batch donor --out corrected.h5ad
  cfgen correct model/ data.h5ad --batch donor --reference d1 --guidance cell_type=1 --guidance donor=2 --out corrected.h5ad
  cfgen correct model/ data.h5ad --missing keep --out corrected.h5ad      cells of unknown type go through without it
  cfgen correct production 01ARZ3NDEKTSV4RRFFQ69G5FAV --batch donor --server http://cfgen:8080
  cfgen integration corrected.h5ad --batch donor --label cell_type --embedding X_cfgen_uncorrected --embedding X_cfgen`;

export function addCorrect(program: Command, session: Session): void {
  const command = program
    .command('correct')
    .summary('bring cells of several batches into one')
    .description(
      "Brings cells into one batch: corrected counts in X, latents before and after in obsm, obs as in the data. Each cell's error on the way back and forth is kept.",
    )
    .argument('<model>', 'model folder, trained with the batch')
    .argument('<data>', 'data file whose cells to correct')
    .option('--batch <column>', 'column to correct (default: the only --batch the model was trained with)')
    .option('--reference <value>', 'batch that all cells are to be in (default: that of most training cells)')
    .option('--guidance <column=weight>', 'how strongly a column guides, both ways; 1 to 2.5; may be repeated (default: 1)', collected)
    .option('--missing <what>', 'cells with a label that is missing or unknown to the model: refuse, or keep them', 'refuse')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--split <file>', 'only cells of one part of this table (columns barcode and split)')
    .option('--part <name>', 'with --split: train or test', 'test')
    .option('--means', "also expected counts, in layers['means'] (dense: 4 bytes a cell and gene)")
    .option('--bound <x>', 'largest relative error of the round trip that is good enough (default: from the data)')
    .option('--solver <name>', 'euler, midpoint, rk4 or dopri5 (default: rk4 in 10 steps)')
    .option('--steps <n>', 'steps of euler, midpoint or rk4')
    .option('--tolerance <x>', 'tolerance of dopri5')
    .option('--seed <n>', 'the same seed gives the same file', '0')
    .option('--compression <how>', 'gzip or none', 'gzip')
    .option('--level <n>', 'gzip level, 1 (fast) to 9 (small)')
    .option('--out <file>', 'file to write: .h5ad, .zarr or .zarr.zip', 'corrected.h5ad')
    .option('--overwrite', 'replace a file that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (model: string, data: string, options: Options) => {
      if (serverOf(session, options) === undefined) return correct(session, model, data, options);
      const { correctOnServer } = await import('../server/start-moving');
      return correctOnServer(session, model, data, options);
    });
}

async function correct(session: Session, model: string, data: string, options: Options): Promise<void> {
  const { batch, reference, layer, bound } = options;
  const split = partOf(options);
  const solver = solverOf(options);
  const request = {
    ...{ model, data, out: options.out, overwrite: options.overwrite === true },
    guidance: guidanceOf(options.guidance ?? []),
    missing: missingOf(options.missing),
    means: options.means === true,
    seed: seedOf(options.seed),
    ...compressionOf(options),
    ...(batch === undefined ? {} : { batch }),
    ...(reference === undefined ? {} : { reference }),
    ...(layer === undefined ? {} : { layer }),
    ...(split === undefined ? {} : { split }),
    ...(solver === undefined ? {} : { solver }),
    ...(bound === undefined ? {} : { bound: realNumber('--bound', bound) }),
  };
  await runStep(session, options, 'Nothing was written; the same command gives the same file.', async ({ context, times }) => {
    const { correctToFile } = await import('@cfgen/stages');
    return answer(await correctToFile(request, context), times.total());
  });
}

function answer(summary: CorrectSummary, seconds: number): Answer {
  const { out, cells, features, batch, reference, unknown, roundTrip, nonzeros, total, evaluationsPerCell, modelHash } = summary;
  return {
    lines: [
      `The corrected cells are in ${out}`,
      ...indented(
        table([
          ['cells', count(cells)],
          ['genes', count(features)],
          ['batch', `${batch}: all cells as in ${reference}`],
          ...unknown.map(({ column, cells: n }) => ['unknown', `${count(n)} cells went through without ${column}`]),
          [
            'counts',
            `${count(Math.round(total / cells))} a cell on average, ${share(nonzeros / (cells * features))} of the entries not zero`,
          ],
          ...roundTripRows(roundTrip),
          ['time', duration(seconds)],
        ]),
      ),
    ],
    json: {
      command: 'correct',
      out,
      cells,
      features,
      batch,
      reference,
      unknown,
      roundTrip,
      nonzeros,
      total,
      evaluationsPerCell,
      modelHash,
    },
  };
}

/** The certificate in words. */
export function roundTripRows({ quantiles, bound, boundFrom, shareBeyond }: CorrectSummary['roundTrip']): string[][] {
  const { q50, q95, max } = quantiles;
  return [
    ['round trip', `relative error ${figure(q50)} in half of the cells, at most ${figure(q95)} in 95 %, ${figure(max)} at most`],
    ['', `${share(shareBeyond)} of the cells beyond ${figure(bound)} (${boundFrom})`],
  ];
}
