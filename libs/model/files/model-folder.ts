import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { outputError, writeWhole } from '@cfgen/tensors';
import { autoencoderParameters, runningStatistics } from '../autoencoder/architecture';
import { flowParameters } from '../flow/architecture';
import type { StoredTensors } from '../training/state';
import { checkpointFolder } from './checkpoint-folder';
import { storedDescription, upgradedDescription } from './format-versions';
import { modelDescriptionSchema, modelFormatVersion, type ModelDescription } from './model-description';
import { modelAutoencoderShape, modelFlowShape, type Model } from './model';
import { encodeModel, fileHash, weightFiles, type UnsavedModel } from './encode-model';
import { decodeTensors } from './stored-tensors';

const descriptionFile = 'model.json';

/**
 * Refuses a folder a model cannot be written to, before any work: one that holds a model or an interrupted training,
 * unless that may be replaced or is to be resumed, and one that holds anything else.
 */
export function checkModelFolder(folder: string, overwrite: boolean, resume = false): void {
  if (existsSync(join(folder, descriptionFile)) && !overwrite) {
    throw new CfgenError('OUTPUT_EXISTS', `${folder} already holds a model`, {
      hint: 'Choose another folder, or replace it with --overwrite.',
      details: { path: folder },
    });
  }
  if (existsSync(join(folder, checkpointFolder)) && !overwrite && !resume) {
    throw new CfgenError('OUTPUT_EXISTS', `${folder} holds an interrupted training`, {
      hint: 'Go on with it by --resume, or start anew with --overwrite.',
      details: { path: folder },
    });
  }
  if (existsSync(folder) && !existsSync(join(folder, descriptionFile))) {
    const strange = readdirSync(folder).filter((name) => !isOurs(name));
    if (strange.length > 0) {
      throw new CfgenError('OUTPUT_EXISTS', `${folder} holds other files (${strange.slice(0, 3).join(', ')})`, {
        hint: 'Choose a new or an empty folder for the model.',
        details: { path: folder, found: strange.slice(0, 20) },
      });
    }
  }
}

function isOurs(name: string): boolean {
  return [descriptionFile, 'README.md', checkpointFolder, ...weightFiles].includes(name) || name.endsWith('.partial');
}

/**
 * Writes a model folder: weights and card first, `model.json`, which makes it a model, last; every file whole or not at all.
 * A model that was there is taken apart first, so no moment shows the new description over old weights.
 *
 * @returns the description with the hashes of the weight files.
 */
export function saveModel(folder: string, model: UnsavedModel): ModelDescription {
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, descriptionFile), { force: true });
  } catch (cause) {
    throw outputError(folder, cause);
  }
  const { description, files } = encodeModel(model);
  for (const [name, bytes] of files) writeWhole(join(folder, name), bytes);
  return description;
}

/** Loads a model folder; checks format version, description, hashes, and that every tensor is there in its shape. */
export function loadModel(folder: string): Model {
  const description = readModelDescription(folder);
  const autoencoder = readWeights(folder, 'autoencoder.safetensors', description);
  const flow = readWeights(folder, 'flow.safetensors', description);
  const shape = modelAutoencoderShape(description);
  requireTensors(folder, 'autoencoder.safetensors', autoencoder, [
    ...autoencoderParameters(shape),
    ...runningStatistics(shape).map(({ name, size }) => ({ name, shape: [size] })),
  ]);
  requireTensors(folder, 'flow.safetensors', flow, flowParameters(modelFlowShape(description)));
  return { description, autoencoder, flow };
}

/** sha256 that stands for the whole model: of its description, which holds the hashes of its weights. */
export function modelHash(description: ModelDescription): string {
  return fileHash(Buffer.from(JSON.stringify(storedDescription(modelDescriptionSchema.parse(description)))));
}

/** The description alone, without the weights. Errors as {@link loadModel}. */
export function readModelDescription(folder: string): ModelDescription {
  const path = join(folder, descriptionFile);
  if (!existsSync(path)) {
    const unfinished = existsSync(join(folder, checkpointFolder));
    throw new CfgenError('MODEL_NOT_FOUND', `${folder} holds no finished model (${descriptionFile} is missing)`, {
      hint: unfinished
        ? 'Its training was interrupted: finish it with the same cfgen train command and --resume.'
        : 'Train one with cfgen train.',
      details: { path },
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CfgenError('MODEL_DAMAGED', `${path} is not valid JSON`, {
      hint: 'Restore the model folder from a copy.',
      details: { path },
      cause,
    });
  }
  const version = typeof json === 'object' && json !== null && 'formatVersion' in json ? json.formatVersion : undefined;
  if (typeof version === 'number' && version > modelFormatVersion) {
    throw new CfgenError('MODEL_TOO_NEW', `${folder} has model format ${version}, this version reads up to ${modelFormatVersion}`, {
      hint: 'Install a newer version of CFGen.',
      details: { path, found: version, supported: modelFormatVersion },
    });
  }
  const parsed = modelDescriptionSchema.safeParse(upgradedDescription(json));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.');
    throw new CfgenError('MODEL_DAMAGED', `${path} is not a model description: ${where}: ${issue?.message ?? 'unreadable'}`, {
      hint: 'Restore the model folder from a copy.',
      details: { path, field: where },
    });
  }
  return parsed.data;
}

function readWeights(folder: string, name: (typeof weightFiles)[number], description: ModelDescription): StoredTensors {
  const path = join(folder, name);
  if (!existsSync(path)) {
    throw new CfgenError('MODEL_DAMAGED', `${path} is missing`, { hint: 'Restore the model folder from a copy.', details: { path } });
  }
  const bytes = readFileSync(path);
  if (fileHash(bytes) !== description.files[name]) {
    throw new CfgenError('MODEL_DAMAGED', `${path} is not the file that ${descriptionFile} describes (its sha256 differs)`, {
      hint: 'The file was changed or cut; restore the model folder from a copy.',
      details: { path, expected: description.files[name], found: fileHash(bytes) },
    });
  }
  return decodeTensors(bytes, path, 'MODEL_DAMAGED');
}

function requireTensors(
  folder: string,
  name: string,
  tensors: StoredTensors,
  specs: readonly { readonly name: string; readonly shape: readonly number[] }[],
): void {
  for (const spec of specs) {
    const found = tensors.get(spec.name)?.shape;
    if (found?.join('x') === spec.shape.join('x')) continue;
    const what = found === undefined ? 'is missing' : `has shape ${found.join(' x ')}`;
    throw new CfgenError('MODEL_DAMAGED', `${join(folder, name)}: tensor ${spec.name} ${what}, needed: ${spec.shape.join(' x ')}`, {
      hint: 'The weights do not belong to this model description; restore the model folder from a copy.',
      details: { tensor: spec.name, found: found ?? null, expected: spec.shape },
    });
  }
}
