import { CfgenError } from '@cfgen/contracts';
import type { GenerateSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { compressionOf, type CompressionRequest } from '../options/compression';
import { covariatesOf, guidanceOf, whereOf } from '../options/conditions';
import { wholeNumber } from '../options/numbers';
import { profileOf, zarrFormatOf } from '../options/output-format';
import { solverOf, type SolverRequest } from '../options/solver';
import { sizesText } from '../terminal/library-sizes';
import { count, duration, share } from '../terminal/quantities';
import type { StageTimes } from '../terminal/stage-times';
import { indented, table } from '../terminal/tables';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions, SolverRequest, CompressionRequest {
  readonly cells?: string;
  readonly where?: readonly string[];
  readonly guidance?: readonly string[];
  readonly setCovariate?: readonly string[];
  readonly like?: string;
  readonly split?: string;
  readonly librarySize: string;
  readonly seed: string;
  readonly mean?: boolean;
  readonly latents?: boolean;
  readonly zarrFormat?: string;
  readonly profile?: string;
  readonly vitessce?: boolean;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen generate model/ --cells 10000
  cfgen generate model/ --where cell_type="B cells" --where cell_type="NK cells" --guidance cell_type=1.5
  cfgen generate model/ --like real.h5ad --split split.tsv      the labels and library sizes of the test cells
  cfgen generate model/ --profile cellxgene --vitessce --out synthetic.zarr      for an atlas and a viewer
  cfgen generate multiome-model/ --cells 1000 --out synthetic.h5mu          RNA and ATAC of the same cells
  cfgen generate production --cells 10000 --server http://cfgen:8080      from a model of a server, by its alias`;

export function addGenerate(program: Command, session: Session): void {
  const command = program
    .command('generate')
    .summary('draw new cells from a model')
    .description(
      'Draws new cells from a model, of the labels asked for, and writes their counts to an AnnData file (MuData for RNA and ATAC).',
    )
    .argument('<model>', 'model folder')
    .option('--cells <n>', 'how many (default: 1000, with --like as many as the file has)')
    .option('--where <column=value>', 'only cells with this label; may be repeated, also for one column', collected)
    .option(
      '--guidance <column=weight>',
      'how strongly a column guides: 1 as trained, more than 1 stronger, 0 not at all; may be repeated (default: that of the model)',
      collected,
    )
    .option('--set-covariate <column=number>', 'value of a covariate in all cells; may be repeated (default: as in training)', collected)
    .option('--like <file>', 'labels, covariates and library sizes of the cells of this file')
    .option('--split <file>', 'with --like: of its "test" cells only (table with columns barcode and split)')
    .option('--library-size <what>', 'counts a cell: prior (as in training), a number, or a data file to take them from', 'prior')
    .option('--solver <name>', "euler, midpoint, rk4 or dopri5 (default: the model's own)")
    .option('--steps <n>', 'steps of euler, midpoint or rk4')
    .option('--tolerance <x>', 'tolerance of dopri5')
    .option('--seed <n>', 'the same seed gives the same file', '0')
    .option('--mean', 'expected counts instead of drawn ones (a dense matrix)')
    .option('--latents', "keep the latents in obsm['X_cfgen']")
    .option('--compression <how>', 'gzip or none', 'gzip')
    .option('--level <n>', 'gzip level, 1 (fast) to 9 (small)')
    .option(
      '--out <file>',
      'file to write: .h5ad, .zarr (a folder) or .zarr.zip, or .h5mu from a model of RNA and ATAC (default: synthetic.h5ad or synthetic.h5mu)',
    )
    .option('--zarr-format <n>', 'for .zarr: 2, which every tool reads, or 3', '2')
    .option('--profile <name>', 'cellxgene: write what its schema asks for, and tell what is missing')
    .option('--vitessce', 'write a view for Vitessce beside the .zarr')
    .option('--dry-run', 'only say which combinations of labels would be drawn, and how many training cells each has')
    .option('--overwrite', 'replace a file that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (model: string, options: Options) => {
      if (options.dryRun === true) {
        const { showPlan } = await import('./generation-plan');
        return showPlan(session, model, options);
      }
      if (serverOf(session, options) === undefined) return generate(session, model, options);
      const { generateOnServer } = await import('../server/start-work');
      return generateOnServer(session, model, options);
    });
}

async function generate(session: Session, model: string, options: Options): Promise<void> {
  if (options.split !== undefined && options.like === undefined) {
    throw new CfgenError('REQUEST_INVALID', '--split needs --like', { hint: 'Give the data file that the split belongs to by --like.' });
  }
  const solver = solverOf(options);
  const request = {
    model,
    ...(options.out === undefined ? {} : { out: options.out }),
    overwrite: options.overwrite === true,
    where: whereOf(options.where ?? []),
    guidance: guidanceOf(options.guidance ?? []),
    covariates: covariatesOf(options.setCovariate ?? []),
    librarySize: options.librarySize,
    seed: seedOf(options.seed),
    means: options.mean === true,
    latents: options.latents === true,
    ...compressionOf(options),
    ...(options.cells === undefined ? {} : { cells: wholeNumber('--cells', options.cells, { min: 1 }) }),
    ...(options.like === undefined ? {} : { like: options.like }),
    ...(options.split === undefined ? {} : { split: options.split }),
    ...(solver === undefined ? {} : { solver }),
    ...(options.zarrFormat === undefined ? {} : { zarrFormat: zarrFormatOf(options.zarrFormat) }),
    ...(options.profile === undefined ? {} : { profile: profileOf(options.profile) }),
    vitessce: options.vitessce === true,
  };
  await runStep(session, options, 'Nothing was written; the same command gives the same cells.', async ({ context, times }) => {
    const { generateToFile } = await import('@cfgen/stages');
    return answer(await generateToFile(request, context), request.means, times);
  });
}

function answer(summary: GenerateSummary, means: boolean, times: StageTimes): Answer {
  const { out, view, cells, features, nonzeros, total, atac, evaluationsPerCell, modelHash, sizeFactors } = summary;
  return {
    lines: [
      `The cells are in ${out}`,
      ...(view === undefined ? [] : [`A view for Vitessce is in ${view}`]),
      ...indented(
        table([
          ['cells', count(cells)],
          ['genes', count(features)],
          ['counts', means ? 'expected counts, dense' : countsText(cells, { features, nonzeros, total })],
          ...(atac === undefined ? [] : [['peaks', count(atac.features)]]),
          ...(atac === undefined ? [] : [['', means ? 'expected values, dense' : countsText(cells, atac)]]),
          ...(sizeFactors === undefined ? [] : [['sizes', sizesText(sizeFactors)]]),
          ['time', `${duration(times.total())}; drawing itself ${duration(times.of('generate'))}`],
        ]),
      ),
    ],
    json: {
      ...{ command: 'generate', out, cells, features, values: means ? 'means' : 'counts', nonzeros, total, evaluationsPerCell, modelHash },
      ...(atac === undefined ? {} : { atac }),
      ...(sizeFactors === undefined ? {} : { sizeFactors }),
      ...(view === undefined ? {} : { view }),
    },
  };
}

function countsText(cells: number, drawn: { readonly features: number; readonly nonzeros: number; readonly total: number }): string {
  const { features, nonzeros, total } = drawn;
  return `${count(Math.round(total / cells))} a cell on average, ${share(nonzeros / (cells * features))} of the entries not zero`;
}
