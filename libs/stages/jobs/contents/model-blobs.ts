import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError, modelManifestSchema, type BlobRef } from '@cfgen/contracts';
import { loadModel, readModelDescription, type Model, type ModelDescription } from '@cfgen/model';
import type { JobContext } from '../job-context';
import { readJson } from './contents';

const descriptionFile = 'model.json';
const modelFiles = [descriptionFile, 'autoencoder.safetensors', 'flow.safetensors'];

/** A model from the blob store, checked as a folder would be. */
export async function modelOf(context: JobContext, ref: BlobRef): Promise<Model> {
  return loadModel(await modelFolderOf(context, ref));
}

/** The folder of a model on this machine, for what opens it by its path. */
export function modelFolderOf(context: JobContext, ref: BlobRef): Promise<string> {
  return fetchFiles(context, ref, modelFiles);
}

/** What a model is, without its weights. */
export async function modelDescriptionOf(context: JobContext, ref: BlobRef): Promise<ModelDescription> {
  return readModelDescription(await fetchFiles(context, ref, [descriptionFile]));
}

/** Brings files of a model to this machine; those that are there already are taken as they are. */
async function fetchFiles(context: JobContext, ref: BlobRef, names: readonly string[]): Promise<string> {
  const folder = join(context.cacheFolder, `${ref.sha256}.model`);
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return folder;
  const { files } = await readJson(context, ref, modelManifestSchema);
  mkdirSync(folder, { recursive: true });
  for (const name of missing) {
    const file = files[name];
    if (file === undefined) {
      throw new CfgenError('MODEL_DAMAGED', `the model ${ref.sha256} lacks the file ${name}`, { details: { found: Object.keys(files) } });
    }
    await context.blobs.fetch(file.sha256, join(folder, name), context.signal);
  }
  return folder;
}
