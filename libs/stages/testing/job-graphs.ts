import type { BlobRef, CommandData } from '@cfgen/contracts';
import type { ModelSettings } from '@cfgen/model';
import { outputOf, type JobHarness } from './job-harness';

/** What a training is asked for. */
export interface TrainAsked {
  readonly fileName: string;
  readonly data: BlobRef;
  readonly split?: BlobRef;
  readonly training: CommandData<'FitPriors'>['training'];
  readonly settings: ModelSettings;
  readonly seed: number;
}

/** The graph of a training run. @returns the model */
export async function trainByJobs(harness: JobHarness, asked: TrainAsked): Promise<BlobRef> {
  const { fileName, training, seed } = asked;
  const settings = asked.settings as unknown as CommandData<'FitPriors'>['settings'];
  const data = [asked.data, ...(asked.split === undefined ? [] : [asked.split])];
  const common = { fileName, training, settings };
  const autoencoder = await harness.run('TrainAutoencoder', { ...common, seed, checkpointEpochs: 2 }, data);
  const encoded = await harness.run('EncodeCells', { ...common, shardCells: 50 }, [...data, ...autoencoder.outputs]);
  const priors = await harness.run('FitPriors', common, data);
  const flow = await harness.run('TrainFlow', { settings, seed, checkpointSteps: 15 }, [...encoded.outputs, ...priors.outputs]);
  const parts = [...autoencoder.outputs, ...priors.outputs, ...flow.outputs];
  return outputOf(await harness.run('AssembleModel', { settings, seed }, parts), 'model');
}

/** What a generation is asked for. */
export interface GenerateAsked {
  readonly model: BlobRef;
  readonly chunkCells: number;
  readonly draw: Omit<CommandData<'DrawConditions'>, 'chunkCells'>;
  readonly files?: readonly BlobRef[];
  readonly assemble: Pick<
    CommandData<'AssembleCells'>,
    'output' | 'latents' | 'compression' | 'guidance' | 'solver' | 'covariates' | 'format' | 'profile'
  >;
}

/** The graph of a generation run. @returns the `.h5ad` file */
export async function generateByJobs(harness: JobHarness, asked: GenerateAsked): Promise<BlobRef> {
  const { model, chunkCells, draw, files = [], assemble } = asked;
  const { seed, where, librarySize, likeName, librarySizeName } = draw;
  const { output, guidance, solver } = assemble;
  const drawn = await harness.run('DrawConditions', { ...draw, chunkCells }, [model, ...files]);
  const solving = { guidance, seed, ...(solver === undefined ? {} : { solver }) };
  const chunks: { chunk: number; cells: BlobRef; latents: BlobRef }[] = [];
  for (let chunk = 0; chunk < drawn.data.chunks; chunk++) {
    const sampled = await harness.run('SampleLatents', { chunk, ...solving }, [model, ...drawn.outputs]);
    const inputs = [model, ...drawn.outputs, ...sampled.outputs];
    const decoded = await harness.run('DecodeCells', { chunk, output, seed }, inputs);
    // In no particular order: chunks are done when they are done.
    chunks.unshift({ chunk, cells: outputOf(decoded, 'cells'), latents: outputOf(sampled, 'latents') });
  }
  const list = await harness.putJson('chunks', 'cfgen.chunks.v1', { chunks });
  const request = {
    ...{ ...assemble, seed, where },
    ...(librarySize === undefined ? {} : { librarySize }),
    ...(likeName === undefined ? {} : { likeName }),
    ...(librarySizeName === undefined ? {} : { librarySizeName }),
  };
  return outputOf(await harness.run('AssembleCells', request, [model, ...drawn.outputs, list]), 'generated');
}
