import { createReadStream, statSync } from 'node:fs';
import { blobKey, CfgenError, type BlobRef } from '@cfgen/contracts';
import { decodeTensors, type StoredTensors } from '@cfgen/model';
import { decodeSafetensors, type SafetensorsContent, type TensorData } from '@cfgen/tensors';
import type { JobContext } from '../job-context';
import { whileMoving } from './moving';

const json = 'application/json';
const safetensors = 'application/vnd.safetensors';

/** Every kind of content that steps hand to each other: its schema, and its media type. */
const mediaTypes = {
  'cfgen.inspection.v1': json,
  'cfgen.autoencoder.v1': safetensors,
  'cfgen.autoencoder-training.v1': json,
  'cfgen.latents.v1': json,
  'cfgen.latents-shard.v1': safetensors,
  'cfgen.priors.v1': json,
  'cfgen.flow.v1': safetensors,
  'cfgen.flow-training.v1': json,
  'cfgen.training-state.v1': safetensors,
  'cfgen.model.v1': json,
  'cfgen.conditions.v1': json,
  'cfgen.conditions-shard.v1': safetensors,
  'cfgen.latents-chunk.v1': safetensors,
  'cfgen.cells-chunk.v1': safetensors,
  'cfgen.evaluation.v1': json,
  'cfgen.augmentation-plan.v1': json,
  'cfgen.augmentation.v1': json,
  'cfgen.integration.v1': json,
  'cfgen.guidance.v1': json,
} as const;
export type ContentSchema = keyof typeof mediaTypes;

/** Puts bytes into the store, and answers the reference to them. */
export async function putContent(context: JobContext, name: string, schema: ContentSchema, bytes: Uint8Array): Promise<BlobRef> {
  return refOf(name, schema, mediaTypes[schema], await context.blobs.put(bytes, { signal: context.signal }));
}

export function putJson(context: JobContext, name: string, schema: ContentSchema, value: unknown): Promise<BlobRef> {
  return putContent(context, name, schema, Buffer.from(JSON.stringify(value)));
}

/** Puts bytes of a format that is not ours. */
export async function putForeign(
  context: JobContext,
  name: string,
  mediaType: string,
  content: Uint8Array | { readonly file: string },
): Promise<BlobRef> {
  const { signal } = context;
  if (content instanceof Uint8Array) return refOf(name, '', mediaType, await context.blobs.put(content, { signal }));
  const { size } = statSync(content.file);
  const stored = context.blobs.put(createReadStream(content.file, { highWaterMark: 1 << 20 }), { signal });
  return refOf(name, '', mediaType, await whileMoving(context, 'store', size, stored));
}

function refOf(name: string, schema: string, mediaType: string, stored: { readonly sha256: string; readonly bytes: number }): BlobRef {
  return { name, uri: blobKey(stored.sha256), sha256: stored.sha256, bytes: stored.bytes, mediaType, schema };
}

/** What checks a JSON value; a zod schema does. */
export interface JsonCheck<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
      };
}

/** @throws CfgenError REQUEST_INVALID when the reference leads to something else */
export async function readJson<T>(context: JobContext, ref: BlobRef, schema: JsonCheck<T>): Promise<T> {
  const bytes = await context.blobs.readWhole(ref.sha256, context.signal);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw notWhatItSays(ref, 'it is not JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw notWhatItSays(ref, issue === undefined ? 'unreadable' : `${issue.path.join('.') || 'the whole'}: ${issue.message}`, parsed.error);
}

/** Weights by name, in the precision they were stored in. */
export async function readWeights(context: JobContext, ref: BlobRef): Promise<StoredTensors> {
  return decodeTensors(await context.blobs.readWhole(ref.sha256, context.signal), ref.name);
}

export async function readTensors(context: JobContext, ref: BlobRef): Promise<SafetensorsContent> {
  return decodeSafetensors(await context.blobs.readWhole(ref.sha256, context.signal), { source: ref.name });
}

/** Values of a tensor of one of the given types. @throws CfgenError REQUEST_INVALID */
export function valuesOf<T extends TensorData>(
  ref: BlobRef,
  content: SafetensorsContent,
  name: string,
  types: readonly (abstract new (...values: never[]) => T)[],
  length: number,
): T {
  const data = content.tensors.find((tensor) => tensor.name === name)?.data;
  for (const type of types) {
    if (data instanceof type && data.length === length) return data;
  }
  throw notWhatItSays(ref, `the tensor ${name} is missing, or not as long as needed (${length})`);
}

export function notWhatItSays(ref: BlobRef, what: string, cause?: unknown): CfgenError {
  return new CfgenError('REQUEST_INVALID', `the reference ${ref.name} does not lead to ${ref.schema || ref.mediaType}: ${what}`, {
    details: { name: ref.name, sha256: ref.sha256, schema: ref.schema },
    ...(cause === undefined ? {} : { cause }),
  });
}
