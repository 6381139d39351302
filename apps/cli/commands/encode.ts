import type { EncodeSummary } from '@cfgen/stages';
import type { Command } from 'commander';
import { count, counted, duration } from '../terminal/quantities';
import { addComputeOptions, addOutputOptions, type ComputeOptions, type OutputOptions } from './common-options';
import { runStep } from './running';
import type { Answer, Session } from './session';

interface Options extends OutputOptions, ComputeOptions {
  readonly out: string;
  readonly layer?: string;
  readonly atac?: string;
  readonly overwrite?: boolean;
}

const examples = `
Examples:
  cfgen encode model/ data.h5ad --out latents.h5ad            latents in X and obsm['X_cfgen'], obs as in the data
  cfgen encode model/ data.h5ad --out latents.safetensors     one tensor "latents", cells x latent`;

export function addEncode(program: Command, session: Session): void {
  const command = program
    .command('encode')
    .summary('give the latent coordinates of cells')
    .description('Gives the latent coordinates that a model has for the cells of a data file.')
    .argument('<model>', 'model folder')
    .argument('<data>', 'data file whose cells to encode')
    .option('--out <file>', '.h5ad or .safetensors file to write', 'latents.h5ad')
    .option('--layer <name>', 'layer that holds the counts')
    .option('--atac <file>', 'for a model of RNA and ATAC: the ATAC counts, where they are in a file of their own')
    .option('--overwrite', 'replace a file that is there');
  addOutputOptions(addComputeOptions(command))
    .addHelpText('after', examples)
    .action((model: string, data: string, options: Options) => encode(session, model, data, options));
}

async function encode(session: Session, model: string, data: string, options: Options): Promise<void> {
  const request = {
    model,
    data,
    out: options.out,
    overwrite: options.overwrite === true,
    ...(options.layer === undefined ? {} : { layer: options.layer }),
    ...(options.atac === undefined ? {} : { atac: options.atac }),
  };
  await runStep(session, options, 'Nothing was written; run the same command again.', async ({ context, times }) => {
    const { encodeFile } = await import('@cfgen/stages');
    return answer(await encodeFile(request, context), times.total());
  });
}

function answer({ out, cells, latent, modelHash }: EncodeSummary, seconds: number): Answer {
  return {
    lines: [`The latents are in ${out}: ${counted(cells, 'cell')}, ${count(latent)} dimensions, ${duration(seconds)}`],
    json: { command: 'encode', out, cells, latent, modelHash },
  };
}
