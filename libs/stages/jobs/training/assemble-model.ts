import { CfgenError, type BlobRef, type CommandResult } from '@cfgen/contracts';
import {
  autoencoderRecordSchema,
  describeModel,
  encodeModel,
  flowRecordSchema,
  modelHash,
  priorsSchema,
  type ModelDescription,
} from '@cfgen/model';
import { putForeign, putJson, readJson, readWeights } from '../contents/contents';
import { inputOf } from '../contents/inputs';
import type { JobContext, JobHandler } from '../job-context';
import { settingsOf } from './training-contents';

/** The parts of a training -> a model: the files that `cfgen train` writes for the same data, settings and seed. Needs no engine. */
export const assembleModelJob: JobHandler<'AssembleModel'> = async (request, context) => {
  const settings = settingsOf(request.data.settings);
  const training = await readJson(context, inputOf(request, 'autoencoder-training'), autoencoderRecordSchema);
  const flow = await readJson(context, inputOf(request, 'flow-training'), flowRecordSchema);
  const priors = await readJson(context, inputOf(request, 'priors'), priorsSchema);
  const { cells, features, atac, carried, data, notes } = training;
  const { description, files } = encodeModel({
    description: describeModel({
      ...{ settings, features, atac, carried, priors, cells, autoencoder: training, flow },
      latentScale: { mean: Float64Array.from(flow.latentScale.mean), deviation: Float64Array.from(flow.latentScale.deviation) },
      provenance: { version: context.version, seed: request.data.seed, engine: enginesOf([training.engine, flow.engine]), data, notes },
    }),
    autoencoder: await readWeights(context, inputOf(request, 'autoencoder')),
    flow: await readWeights(context, inputOf(request, 'flow')),
  });
  return {
    data: { modelSha256: modelHash(description), cells, features: features.names.length, attributes: told(description) },
    outputs: [await putModel(context, files)],
  };
};

/** Puts the files of a model into the store, and answers the reference to their list. */
export async function putModel(context: JobContext, files: ReadonlyMap<string, Uint8Array>): Promise<BlobRef> {
  const refs: Record<string, BlobRef> = {};
  for (const [name, bytes] of files) refs[name] = await putForeign(context, refName(name), mediaTypeOf(name), bytes);
  return putJson(context, 'model', 'cfgen.model.v1', { files: refs });
}

/** Names of the engines of several steps, each once. */
export function enginesOf(names: readonly string[]): string {
  return [...new Set(names)].join(' + ');
}

/** Names of references hold no dots. */
function refName(file: string): string {
  return file.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

function mediaTypeOf(file: string): string {
  if (file.endsWith('.json')) return 'application/json';
  if (file.endsWith('.md')) return 'text/markdown';
  if (file.endsWith('.safetensors')) return 'application/vnd.safetensors';
  throw new CfgenError('INTERNAL', `${file} is no file of a model`);
}

/** Characters that the categories of a model may take in a message. */
const categoryRoom = 32_000;

/** The attributes, with as many of their categories as a message has room for; `model.json` has all. */
export function told({ attributes }: ModelDescription): CommandResult<'AssembleModel'>['attributes'] {
  let room = categoryRoom;
  return attributes.map(({ name, role, categories }) => {
    const shown = categories.filter((category) => (room -= JSON.stringify(category).length + 1) >= 0);
    return { name, role, categories: shown };
  });
}
