import { createHash } from 'node:crypto';
import { storedDescription } from './format-versions';
import type { Model } from './model';
import { modelCard } from './model-card';
import { modelDescriptionSchema, type ModelDescription } from './model-description';
import { encodeWeights } from './stored-tensors';

export const weightFiles = ['autoencoder.safetensors', 'flow.safetensors'] as const;

/** A model whose files have not been written, so that their hashes are not known yet. */
export type UnsavedModel = Omit<Model, 'description'> & { readonly description: Omit<ModelDescription, 'files'> };

/** A model as files. */
export interface ModelFiles {
  /** The description with the hashes of the weight files. */
  readonly description: ModelDescription;
  /** Bytes by name, in the order to write them: weights, card, and last `model.json`, which makes them a model. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The files of a model, wherever they will lie. The same model gives the same bytes. */
export function encodeModel(model: UnsavedModel): ModelFiles {
  const autoencoder = encodeWeights(model.autoencoder);
  const flow = encodeWeights(model.flow);
  const description: ModelDescription = {
    ...model.description,
    files: { 'autoencoder.safetensors': fileHash(autoencoder), 'flow.safetensors': fileHash(flow) },
  };
  return {
    description,
    files: new Map<string, Uint8Array>([
      ['autoencoder.safetensors', autoencoder],
      ['flow.safetensors', flow],
      ['README.md', Buffer.from(modelCard(description))],
      ['model.json', Buffer.from(`${JSON.stringify(storedDescription(modelDescriptionSchema.parse(description)), null, 1)}\n`)],
    ]),
  };
}

/** sha256 in lower-case hexadecimal. */
export function fileHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
