import type { Command } from 'commander';
import type { TrainSummary } from '@cfgen/stages';
import { eitherOf } from '../options/choices';
import { wholeNumber } from '../options/numbers';
import { count, counted, duration, figure } from '../terminal/quantities';
import { shellCommand } from '../terminal/shell-words';
import { indented, table } from '../terminal/tables';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { addComputeOptions, addOutputOptions, collected, seedOf, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions {
  readonly label?: readonly string[];
  readonly batch?: readonly string[];
  readonly covariate?: readonly string[];
  readonly out: string;
  readonly preset: string;
  readonly set?: readonly string[];
  readonly layer?: string;
  readonly minCells: string;
  readonly minCellsPeaks: string;
  readonly modality?: string;
  readonly atac?: string;
  readonly split?: string;
  readonly missingLabels: string;
  readonly seed: string;
  readonly patience?: string;
  readonly epochs?: string;
  readonly flowSteps?: string;
  readonly checkpointEvery: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

/** The flow takes about this many steps in the time of one epoch of the autoencoder. */
const flowStepsPerEpoch = 100;

const examples = `
Examples:
  cfgen train pbmc.h5ad --label cell_type --out model/
  cfgen train atlas.h5ad --label cell_type --batch donor --out model/ --epochs 40 --set autoencoder.latent=50
  cfgen train multiome.h5mu --label cell_type --out model/               RNA and ATAC together
  cfgen train pbmc.h5ad --label cell_type --out model/ --resume      go on after Ctrl-C, to the same model
  cfgen train pbmc.h5ad --label cell_type --out model/ --server http://cfgen:8080`;

export function addTrain(program: Command, session: Session): void {
  const command = program
    .command('train')
    .summary('learn a model from a data set and its labels')
    .description('Learns a model from counts and the labels of their cells, and writes it to a folder.')
    .argument('<data>', '.h5ad or .zarr, .h5mu, .loom, 10x .h5 (HDF5 files also inside .gz), or a 10x matrix folder')
    .option('--label <column>', 'obs column to condition on, such as cell_type; may be repeated', collected)
    .option('--batch <column>', 'obs column of technical variation, such as donor; may be repeated', collected)
    .option('--covariate <column>', 'numeric obs column to condition on, such as pseudotime; may be repeated', collected)
    .requiredOption('--out <folder>', 'folder to write the model to')
    .option('--preset <name>', 'settings to start from: best, paper, quick', 'best')
    .option('--set <path=value>', 'change one setting, such as autoencoder.latent=50; may be repeated', collected)
    .option('--epochs <n>', 'epochs of the autoencoder')
    .option('--flow-steps <n>', 'steps of the flow')
    .option('--patience <n>', 'stop the autoencoder after so many epochs without improvement, or none')
    .option('--layer <name>', 'layer that holds the counts (default: the first of layers/counts, raw/X, X that does)')
    .option('--min-cells <n>', 'leave out genes seen in fewer cells', '20')
    .option('--min-cells-peaks <n>', 'leave out peaks seen in fewer cells, where there is ATAC too', '10')
    .option('--modality <which>', 'rna: RNA alone; rna+atac: both (default: both where the data have both)')
    .option('--atac <file>', 'the ATAC counts of the same cells, where they are in a file of their own')
    .option('--split <file>', 'train on the "train" cells of this table (columns barcode and split) only')
    .option('--missing-labels <what>', 'cells without a label: refuse the file, or drop them', 'refuse')
    .option('--seed <n>', 'the same seed gives the same model', '0')
    .option('--checkpoint-every <n>', `epochs between checkpoints (${flowStepsPerEpoch} times as many steps of the flow), or none`, '5')
    .option('--resume', 'go on with the interrupted training in the folder')
    .option('--overwrite', 'replace a model that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (data: string, options: Options) => {
      if (serverOf(session, options) === undefined) return train(session, data, options);
      const { trainOnServer } = await import('../server/start-work');
      return trainOnServer(session, data, options);
    });
}

async function train(session: Session, data: string, options: Options): Promise<void> {
  const { settingsOf } = await import('../options/settings');
  const request = {
    data,
    labels: options.label ?? [],
    batches: options.batch ?? [],
    covariates: options.covariate ?? [],
    out: options.out,
    settings: settingsOf(options),
    minCells: wholeNumber('--min-cells', options.minCells, { min: 0 }),
    minCellsPeaks: wholeNumber('--min-cells-peaks', options.minCellsPeaks, { min: 0 }),
    missingLabels: eitherOf('--missing-labels', options.missingLabels, ['refuse', 'drop']),
    seed: seedOf(options.seed),
    checkpointEvery: checkpointEveryOf(options.checkpointEvery),
    resume: options.resume === true,
    overwrite: options.overwrite === true,
    ...(options.layer === undefined ? {} : { layer: options.layer }),
    ...(options.split === undefined ? {} : { split: options.split }),
    ...(options.atac === undefined ? {} : { atac: options.atac }),
    ...(options.modality === undefined ? {} : { modality: eitherOf('--modality', options.modality, ['rna', 'rna+atac']) }),
  };
  const afterInterrupt =
    request.checkpointEvery === null
      ? 'Nothing was kept (--checkpoint-every none).'
      : `Go on with: ${shellCommand(['cfgen', ...session.argv.filter((word) => word !== '--resume'), '--resume'])}`;
  await runStep(session, options, afterInterrupt, async ({ context, times }) => {
    if (request.labels.length + request.batches.length === 0) context.onProblem?.(noLabels);
    const { trainFromFile } = await import('@cfgen/stages');
    return answer(await trainFromFile(request, context), times.total());
  });
}

const noLabels = {
  severity: 'note',
  code: 'no-labels',
  message: 'no --label is given: the model will not be able to generate cells of a kind asked for',
  hint: 'cfgen inspect lists the columns of a file that can serve as labels.',
} as const;

function checkpointEveryOf(text: string): { epochs: number; steps: number } | null {
  if (text === 'none') return null;
  const epochs = wholeNumber('--checkpoint-every', text, { min: 1, max: 1_000_000 });
  return { epochs, steps: epochs * flowStepsPerEpoch };
}

function answer({ model, modelHash, description }: TrainSummary, seconds: number): Answer {
  const { training, provenance, attributes, atac, features } = description;
  const best = training.autoencoder.history[training.autoencoder.bestEpoch];
  const flowLoss = training.flow.history.at(-1)?.loss;
  const loss = best?.validation ?? best?.training;
  return {
    lines: [
      `The model is in ${model}`,
      ...indented(
        table([
          ['cells', `${count(training.cells)} of ${provenance.data.name} (${provenance.data.countsAt})`],
          ['genes', count(features.names.length)],
          ...(atac === undefined ? [] : [['peaks', `${count(atac.features.names.length)} (${atac.likelihood})`]]),
          ...attributes.map(({ name, role, categories }) => [role, `${name}: ${counted(categories.length, 'value')}`]),
          [
            'autoencoder',
            `best of ${counted(training.autoencoder.history.length, 'epoch')}: ${training.autoencoder.bestEpoch + 1}${lossText(loss)}`,
          ],
          ...modalityLosses(best),
          ['flow', `${counted(training.flow.steps, 'step')}${lossText(flowLoss)}`],
          ['time', duration(seconds)],
        ]),
      ),
      '',
      `Next: ${shellCommand(['cfgen', 'generate', model, '--cells', '1000', '--out', atac === undefined ? 'synthetic.h5ad' : 'synthetic.h5mu'])}`,
    ],
    json: {
      command: 'train',
      model,
      modelHash,
      cells: training.cells,
      features: features.names.length,
      ...(atac === undefined ? {} : { modality: description.modality, peaks: atac.features.names.length, likelihood: atac.likelihood }),
      attributes: attributes.map(({ name, role, categories, counts }) => ({ name, role, categories, counts })),
      covariates: description.covariates,
      autoencoder: {
        epochs: training.autoencoder.history.length,
        bestEpoch: training.autoencoder.bestEpoch,
        stoppedEarly: training.autoencoder.stoppedEarly,
        trainingLoss: best?.training ?? null,
        validationLoss: best?.validation ?? null,
        ...(best?.modalities === undefined ? {} : { modalities: best.modalities }),
      },
      flow: { steps: training.flow.steps, loss: flowLoss ?? null },
      data: provenance.data,
      notes: provenance.notes,
    },
  };
}

/** What RNA and ATAC each have in the loss of the epoch that was kept. */
function modalityLosses(best: TrainSummary['description']['training']['autoencoder']['history'][number] | undefined): string[][] {
  const { modalities } = best ?? {};
  return modalities === undefined ? [] : [['', `RNA ${figure(modalities.rna)}, ATAC ${figure(modalities.atac)}`]];
}

function lossText(loss: number | undefined | null): string {
  return loss === undefined || loss === null ? '' : `, loss ${figure(loss)}`;
}
