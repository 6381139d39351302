import { CfgenError, latentsManifestSchema, type BlobRef } from '@cfgen/contracts';
import { encodeTensors, priorsSchema, trainFlowPart, type EncodedCells } from '@cfgen/model';
import { stepProgress } from '../../train/training-progress';
import { notWhatItSays, putContent, putJson, readJson, readTensors, valuesOf } from '../contents/contents';
import { covariatesOf } from '../contents/covariates';
import { inputOf } from '../contents/inputs';
import type { JobContext, JobHandler } from '../job-context';
import { stopWhenAborted } from '../reading';
import { jobCheckpoints } from './job-checkpoints';
import { settingsOf } from './training-contents';

/** Latents and priors -> flow. Goes on from its last checkpoint to the same bits. */
export const trainFlowJob: JobHandler<'TrainFlow'> = async (request, context) => {
  const settings = settingsOf(request.data.settings);
  const priors = await readJson(context, inputOf(request, 'priors'), priorsSchema);
  const cells = await encodedCells(context, inputOf(request, 'latents'));
  const known = [...priors.attributes, ...priors.covariates].map(({ name }) => name).join(', ');
  const found = [...cells.attributes, ...cells.covariates].map(({ name }) => name).join(', ');
  if (known !== found) {
    throw new CfgenError('REQUEST_INVALID', `the latents have the columns "${found}", the priors "${known}"`, {
      hint: 'Fit the priors to the cells that were encoded.',
    });
  }
  const engine = await context.engine();
  const { tensors, history, steps, latentScale } = await trainFlowPart(
    engine,
    cells,
    priors,
    settings,
    request.data.seed,
    { checkpoints: jobCheckpoints(context, engine.name), checkpointEvery: request.data.checkpointSteps },
    { signal: context.signal, onProgress: (progress) => context.progress(stepProgress(progress)) },
  );
  return {
    data: { steps, loss: history.at(-1)?.loss ?? null, problems: [] },
    outputs: [
      await putContent(context, 'flow', 'cfgen.flow.v1', encodeTensors(tensors)),
      await putJson(context, 'flow-training', 'cfgen.flow-training.v1', {
        ...{ steps, history, engine: engine.name },
        latentScale: { mean: [...latentScale.mean], deviation: [...latentScale.deviation] },
      }),
    ],
  };
};

/** The cells of all shards, in memory. */
async function encodedCells(context: JobContext, ref: BlobRef): Promise<EncodedCells> {
  const { cells, latent, attributes, covariates = [], shards } = await readJson(context, ref, latentsManifestSchema);
  const latents = new Float32Array(cells * latent);
  const sizeFactors = new Float64Array(cells);
  const codes = attributes.map(() => new Int32Array(cells));
  const numbers = covariates.map((name) => ({ name, values: new Float64Array(cells) }));
  let next = 0;
  for (const { start, cells: n, ref: shard } of shards) {
    stopWhenAborted(context, 'reading latents');
    if (start !== next || next + n > cells) throw notWhatItSays(ref, `a shard begins at cell ${start}, not ${next}`);
    const content = await readTensors(context, shard);
    latents.set(valuesOf(shard, content, 'latents', [Float32Array], n * latent), start * latent);
    sizeFactors.set(valuesOf(shard, content, 'size_factors', [Float64Array], n), start);
    const all = valuesOf(shard, content, 'codes', [Int32Array], n * attributes.length);
    codes.forEach((column, k) => column.set(all.subarray(k * n, (k + 1) * n), start));
    covariatesOf(shard, content, numbers.length, n).forEach((values, j) => numbers[j]?.values.set(values, start));
    next += n;
    context.progress({ stage: 'read', done: next, total: cells, unit: 'cells' });
  }
  if (next !== cells) throw notWhatItSays(ref, `its shards hold ${next} of ${cells} cells`);
  return {
    latents,
    sizeFactors,
    attributes: attributes.map((attribute, k) => ({ ...attribute, codes: codes[k] ?? new Int32Array() })),
    covariates: numbers,
  };
}
