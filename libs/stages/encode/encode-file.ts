import { CfgenError } from '@cfgen/contracts';
import {
  encodeCells,
  latentSize,
  loadAutoencoder,
  loadModel,
  modelAutoencoderShape,
  modelHash,
  type ModelDescription,
  type TrainingProgress,
} from '@cfgen/model';
import { createH5adWriter, type ColumnValues, type Dataset, type H5adColumn } from '@cfgen/single-cell';
import { writeSafetensors } from '@cfgen/tensors';
import type { StepContext } from '../context';
import { openCells, type CellsChoice } from '../data/open-cells';
import { openModelCells } from '../data/model-cells';

export interface EncodeOptions {
  readonly model: string;
  readonly data: string;
  /** For a model of RNA and ATAC: the ATAC counts, where they are in a file of their own. */
  readonly atac?: string;
  readonly layer?: string;
  /** `.h5ad` (X and obsm['X_cfgen'] are the latents, obs that of the data) or `.safetensors` (one tensor `latents`). */
  readonly out: string;
  readonly overwrite: boolean;
}

export interface EncodeSummary {
  readonly out: string;
  readonly cells: number;
  readonly latent: number;
  readonly modelHash: string;
}

/** Latents of every cell of a data file, as a model sees them. */
export async function encodeFile(options: EncodeOptions, context: StepContext): Promise<EncodeSummary> {
  if (!/\.(h5ad|safetensors)$/.test(options.out)) {
    throw new CfgenError('REQUEST_INVALID', `${options.out} is neither an .h5ad nor a .safetensors file`, {
      hint: 'Name the output file with one of these endings.',
    });
  }
  const model = loadModel(options.model);
  const { description } = model;
  const { rna: dataset, atac } = await openCells(cellsChoice(options, description), context);
  const cells = openModelCells(dataset, description, undefined, context, atac);
  const { settings } = description;
  const network = loadAutoencoder(context.engine, modelAutoencoderShape(description), settings.autoencoder, model.autoencoder);
  try {
    const empty = cells.sizeFactors.findIndex((l, i) => !(l > 0 && (cells.atac?.sizeFactors[i] ?? 1) > 0));
    if (empty >= 0) {
      const features = cells.sizeFactors[empty] === 0 ? 'genes' : 'peaks';
      throw new CfgenError(
        'INPUT_EMPTY',
        `${dataset.name}: cell ${dataset.obsNames[empty] ?? ''} has no counts in the model's ${features}`,
        {
          hint: 'Remove cells without counts from the file.',
        },
      );
    }
    const hooks = {
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: ({ done, total }: TrainingProgress) => context.onProgress?.({ stage: 'encode', done, total, unit: 'cells' }),
    };
    const latents = await encodeCells(network, cells.counts, cells.sizeFactors, hooks, undefined, cells.atac);
    const summary = { out: options.out, cells: cells.counts.rows, latent: latentSize(settings), modelHash: modelHash(description) };
    if (options.out.endsWith('.safetensors')) {
      const shape = [summary.cells, summary.latent];
      writeSafetensors(options.out, [{ name: 'latents', dtype: 'F32', shape, axes: ['cell', 'latent'], data: latents }], {
        overwrite: options.overwrite,
        metadata: { model_sha256: summary.modelHash },
      });
    } else {
      await writeLatents(options, dataset, latents, summary, context);
    }
    return summary;
  } finally {
    network.release();
    cells.close();
  }
}

/** What is read of the data: what the model has. */
function cellsChoice({ data, atac, layer }: EncodeOptions, model: ModelDescription): CellsChoice {
  if (model.atac === undefined && atac !== undefined) {
    throw new CfgenError('REQUEST_INVALID', `the model has RNA alone, and ${atac} is given for ATAC`, { hint: 'Leave --atac out.' });
  }
  return {
    ...{ data, modality: model.modality },
    ...(atac === undefined ? {} : { atac }),
    ...(layer === undefined ? {} : { layer }),
  };
}

async function writeLatents(
  options: EncodeOptions,
  dataset: Dataset,
  latents: Float32Array,
  summary: EncodeSummary,
  context: StepContext,
): Promise<void> {
  const names = Array.from({ length: summary.latent }, (_, d) => `latent_${d}`);
  const writer = createH5adWriter(options.out, { features: { names, columns: {} }, layout: 'dense', overwrite: options.overwrite });
  try {
    await writer.appendDense(latents);
    await writer.finish({
      obs: { names: dataset.obsNames, columns: obsColumns(dataset) },
      obsm: { X_cfgen: latents },
      uns: { cfgen: { version: context.version, model_sha256: summary.modelHash, data_sha256: await dataset.contentHash() } },
    });
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Obs columns that can be written back as they were read. */
function obsColumns(dataset: Dataset): Record<string, H5adColumn> {
  const columns: Record<string, H5adColumn> = {};
  for (const column of dataset.obsColumns) {
    const written = column.kind === 'unsupported' ? undefined : writable(column.read());
    if (written !== undefined) columns[column.name] = written;
  }
  return columns;
}

function writable(values: ColumnValues): H5adColumn {
  switch (values.kind) {
    case 'categorical':
      return { kind: 'categorical', codes: values.codes, categories: values.numbers ?? values.categories, ordered: values.ordered };
    case 'string':
      return { kind: 'string', values: values.values.map((value, i) => (values.missing?.[i] === 1 ? '' : value)) };
    case 'boolean':
      return { kind: 'boolean', values: values.values };
    default: {
      const { missing } = values;
      return { kind: 'numeric', values: values.values.map((value, i) => (missing?.[i] === 1 ? NaN : value)) };
    }
  }
}
