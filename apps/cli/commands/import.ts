import { CfgenError } from '@cfgen/contracts';
import type { ImportSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { addOptionalServer, serverOf, type ServerOptions } from '../server/connection';
import { shellCommand } from '../terminal/shell-words';
import { count, duration } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addComputeOptions, addOutputOptions, collected, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions, ServerOptions {
  readonly flow?: string;
  readonly autoencoder?: string;
  readonly metadata?: string;
  readonly data: string;
  readonly batch?: readonly string[];
  readonly layer?: string;
  readonly split?: string;
  readonly alias?: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen import checkpoint.safetensors --data train.h5ad --out model/
  cfgen import --flow flow.safetensors --autoencoder ae.safetensors --metadata meta.json --data train.h5ad --out model/

tools/import/export-checkpoint.py writes checkpoint.safetensors from a PyTorch Lightning checkpoint of theislab/CFGen.`;

export function addImport(program: Command, session: Session): void {
  const command = program
    .command('import')
    .summary("make a model from a PyTorch checkpoint of the authors' code")
    .description(
      'Makes a model from the weights of a CFGen checkpoint (theislab/CFGen), which stay as they are. Labels and library sizes, which no checkpoint holds, are taken from the cells it was trained on.',
    )
    .argument('[checkpoint]', 'safetensors file with the tensors of the flow checkpoint')
    .option('--flow <file>', 'the same, by name')
    .option('--autoencoder <file>', 'tensors of an autoencoder checkpoint to take instead of those in the flow checkpoint')
    .option('--metadata <file>', 'JSON that describes the checkpoint (default: that inside the checkpoint file)')
    .requiredOption('--data <file>', 'the cells the checkpoint was trained on')
    .option('--batch <column>', 'column of the checkpoint that is a batch and not biology; may be repeated', collected)
    .option('--layer <name>', 'layer that holds the counts')
    .option('--split <file>', 'only the "train" cells of the data (table with columns barcode and split)')
    .option('--alias <name>', 'with --server: name that points at the model')
    .option('--out <folder>', 'model folder to write', 'model')
    .option('--overwrite', 'replace a model that is there');
  addOptionalServer(addOutputOptions(addComputeOptions(command)))
    .addHelpText('after', examples)
    .action(async (checkpoint: string | undefined, options: Options) => {
      const file = checkpointOf(checkpoint, options);
      if (serverOf(session, options) === undefined) return importHere(session, file, options);
      const { importOnServer } = await import('../server/start-augmentation');
      return importOnServer(session, file, options);
    });
}

function checkpointOf(checkpoint: string | undefined, { flow }: Options): string {
  const given = checkpoint ?? flow;
  if (given !== undefined && (checkpoint === undefined || flow === undefined)) return given;
  throw new CfgenError('REQUEST_INVALID', given === undefined ? 'no checkpoint is given' : 'a checkpoint is given twice', {
    hint: 'Name the safetensors file of the flow once, as cfgen import checkpoint.safetensors or by --flow.',
  });
}

async function importHere(session: Session, checkpoint: string, options: Options): Promise<void> {
  const { autoencoder, metadata, layer, split } = options;
  const request = {
    checkpoint,
    data: options.data,
    batches: options.batch ?? [],
    out: options.out,
    overwrite: options.overwrite === true,
    ...(autoencoder === undefined ? {} : { autoencoder }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(layer === undefined ? {} : { layer }),
    ...(split === undefined ? {} : { split }),
  };
  await runStep(session, options, 'Nothing was written; run the same command again.', async ({ context, times }) => {
    const { importToFolder } = await import('@cfgen/stages');
    return answer(await importToFolder(request, context), times.total());
  });
}

function answer({ model, modelHash, description }: ImportSummary, seconds: number): Answer {
  const { features, attributes, settings } = description;
  const { autoencoder, flow } = settings;
  return {
    lines: [
      `The model is in ${model}`,
      ...indented(
        table([
          ['genes', count(features.names.length)],
          ...attributes.map(({ name, role, categories }) => [name, `${categories.length} values (${role})`]),
          ['autoencoder', `${[features.names.length, ...autoencoder.hidden, autoencoder.latent].join('-')}, input ${autoencoder.input}`],
          ['flow', `${flow.blocks} blocks of width ${flow.hidden}${flow.sizeFactorConditioning ? ', shown the library size' : ''}`],
          ['time', duration(seconds)],
        ]),
      ),
      '',
      `Next: ${shellCommand(['cfgen', 'generate', model, '--cells', '1000', '--out', 'synthetic.h5ad'])}`,
    ],
    json: {
      command: 'import',
      model,
      modelHash,
      features: features.names.length,
      attributes: attributes.map(({ name, role, categories }) => ({ name, role, categories })),
    },
  };
}
