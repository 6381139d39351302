import { CfgenError } from '@cfgen/contracts';
import { encodeCells, loadAutoencoder, loadModel, modelAutoencoderShape, modelHash } from '@cfgen/model';
import { createH5adWriter, type ColumnValues, type Dataset, type H5adColumn } from '@cfgen/single-cell';
import { writeSafetensors } from '@cfgen/tensors';
import type { StepContext } from '../context';
import { openRna } from '../data/open-rna';
import { openModelCells } from '../data/model-cells';

export interface EncodeOptions {
  readonly model: string;
  readonly data: string;
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
  const dataset = await openRna(options.data, context, options.layer);
  const cells = openModelCells(dataset, description, undefined, context);
  const { settings } = description;
  const network = loadAutoencoder(context.engine, modelAutoencoderShape(description), settings.autoencoder, model.autoencoder);
  try {
    const empty = cells.sizeFactors.findIndex((l) => !(l > 0));
    if (empty >= 0) {
      throw new CfgenError('INPUT_EMPTY', `${dataset.name}: cell ${dataset.obsNames[empty] ?? ''} has no counts in the model's genes`, {
        hint: 'Remove cells without counts from the file.',
      });
    }
    const latents = await encodeCells(network, cells.counts, cells.sizeFactors, {
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: ({ done, total }) => context.onProgress?.({ stage: 'encode', done, total, unit: 'cells' }),
    });
    const summary = { out: options.out, cells: cells.counts.rows, latent: settings.autoencoder.latent, modelHash: modelHash(description) };
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
