import { CfgenError, latentsManifestSchema, type LatentsManifest, type Shard } from '@cfgen/contracts';
import type { Engine } from '@cfgen/compute';
import { autoencoderRecordSchema, encodeCells, loadAutoencoder, type TrainingCells, type TrainingHooks } from '@cfgen/model';
import { encodeSafetensors } from '@cfgen/tensors';
import type { TrainingData } from '../../data/training-data';
import { stepProgress } from '../../train/training-progress';
import { putContent, putJson, readJson, readWeights } from '../contents/contents';
import { covariateTensor } from '../contents/covariates';
import { inputOf } from '../contents/inputs';
import { reported, type JobContext, type JobHandler } from '../job-context';
import { readingOf } from '../reading';
import { settingsOf, trainingDataOf } from './training-contents';

/** Counts -> latents of the training cells, shard by shard; each shard is a checkpoint. */
export const encodeCellsJob: JobHandler<'EncodeCells'> = async (request, context) => {
  const settings = settingsOf(request.data.settings);
  const training = await readJson(context, inputOf(request, 'autoencoder-training'), autoencoderRecordSchema);
  const weights = await readWeights(context, inputOf(request, 'autoencoder'));
  const reading = readingOf(context);
  const data = await trainingDataOf(request, context, reading);
  try {
    requireSameData(data, training);
    const engine = await context.engine();
    const network = loadAutoencoder(engine, training.shape, settings.autoencoder, weights);
    try {
      const { cells } = data;
      const manifest = await begun(context, engine, cells, training.shape.latent, request.data.shardCells);
      const hooks: TrainingHooks = { signal: context.signal, onProgress: (progress) => context.progress(stepProgress(progress)) };
      let step = context.checkpoint?.step ?? 0;
      for (let start = encoded(manifest.shards); start < cells.counts.rows; start = encoded(manifest.shards)) {
        const end = Math.min(cells.counts.rows, start + request.data.shardCells);
        const latents = await encodeCells(network, cells.counts, cells.sizeFactors, hooks, { start, end }, cells.atac);
        manifest.shards.push({ start, cells: end - start, ref: await putShard(context, cells, latents, start, end) });
        step += 1;
        const ref = await putJson(context, 'latents', 'cfgen.latents.v1', manifest);
        await context.commitCheckpoint({ step, record: { engine: engine.name, shardCells: request.data.shardCells }, refs: [ref] });
      }
      return {
        data: { cells: manifest.cells, latent: manifest.latent, problems: reported(reading.problems) },
        outputs: [await putJson(context, 'latents', 'cfgen.latents.v1', manifest)],
      };
    } finally {
      network.release();
    }
  } finally {
    data.close();
  }
};

/** The list of an earlier attempt on the same engine, or an empty one. */
async function begun(
  context: JobContext,
  engine: Engine,
  cells: TrainingCells,
  latent: number,
  shardCells: number,
): Promise<LatentsManifest> {
  const { record, refs: [ref] = [] } = context.checkpoint ?? {};
  if (ref !== undefined && record?.['engine'] === engine.name && record['shardCells'] === shardCells) {
    return readJson(context, ref, latentsManifestSchema);
  }
  return {
    cells: cells.counts.rows,
    latent,
    attributes: cells.attributes.map(({ name, role, categories }) => ({ name, role, categories: [...categories] })),
    ...(cells.covariates.length === 0 ? {} : { covariates: cells.covariates.map(({ name }) => name) }),
    engine: engine.name,
    shards: [],
  };
}

function encoded(shards: readonly Shard[]): number {
  return shards.reduce((sum, { cells }) => sum + cells, 0);
}

function putShard(context: JobContext, cells: TrainingCells, latents: Float32Array, start: number, end: number): Promise<Shard['ref']> {
  const n = end - start;
  const codes = new Int32Array(cells.attributes.length * n);
  cells.attributes.forEach((attribute, k) => codes.set(attribute.codes.subarray(start, end), k * n));
  const bytes = encodeSafetensors([
    { name: 'latents', dtype: 'F32', shape: [n, latents.length / n], axes: ['cell', 'latent'], data: latents },
    { name: 'size_factors', dtype: 'F64', shape: [n], axes: ['cell'], data: cells.sizeFactors.slice(start, end) },
    { name: 'codes', dtype: 'I32', shape: [cells.attributes.length, n], axes: ['attribute', 'cell'], data: codes },
    ...covariateTensor(cells.covariates.map(({ values }) => values.subarray(start, end))),
  ]);
  return putContent(context, 'latents', 'cfgen.latents-shard.v1', bytes);
}

function requireSameData(
  data: TrainingData,
  training: Pick<TrainingData, 'data' | 'features'> & { readonly atac?: TrainingData['features'] | undefined },
): void {
  const sameNames = sameAs(data.features.names, training.features.names) && sameAs(data.atac?.names ?? [], training.atac?.names ?? []);
  if (sameNames && data.data.sha256 === training.data.sha256) return;
  throw new CfgenError('REQUEST_INVALID', `the autoencoder was not trained on these cells and genes of ${data.data.name}`, {
    hint: 'Encode the data set that the autoencoder was trained on, with the same choices.',
    details: { found: data.data.sha256, expected: training.data.sha256 },
  });
}

function sameAs(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
