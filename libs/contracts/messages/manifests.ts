import { z } from 'zod';
import { blobRefSchema, type BlobRef } from './blob-ref';
import { problemSchema } from './shapes';

/**
 * Contents of the blob store that are lists of further contents. They are JSON in UTF-8, and so have an address of their own; whoever clears
 * the store keeps what a kept list names ({@link refsWithin}).
 */

const count = z.int().min(0);

/** Consecutive cells `start .. start + cells` of a larger set. */
const shardSchema = z.object({ start: count, cells: z.int().min(1), ref: blobRefSchema });
export type Shard = z.infer<typeof shardSchema>;

/** `cfgen.model.v1`: the files of a model by name: `model.json`, `README.md`, `autoencoder.safetensors`, `flow.safetensors`. */
export const modelManifestSchema = z.object({ files: z.record(z.string(), blobRefSchema) });
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/**
 * `cfgen.latents.v1`: the training cells, encoded. A shard is a safetensors file with `latents` F32 [n, D], `size_factors` F64 [n] and
 * `codes` I32 [attributes, n]; with covariates also `covariates` F64 [covariates, n].
 */
export const latentsManifestSchema = z.object({
  cells: count,
  latent: z.int().min(1),
  attributes: z.array(z.object({ name: z.string(), role: z.enum(['label', 'batch']), categories: z.array(z.string()) })),
  /** Names of the covariates, in the model's order; left out: none. */
  covariates: z.array(z.string()).optional(),
  /** Engine that encoded the cells. */
  engine: z.string(),
  shards: z.array(shardSchema),
});
export type LatentsManifest = z.infer<typeof latentsManifestSchema>;

/**
 * `cfgen.conditions.v1`: labels and size factors of the cells of a generation, a shard a chunk. A shard is a safetensors file with
 * `size_factors` F64 [n] and `codes` I32 [attributes, n]; with covariates also `covariates` F64 [covariates, n].
 */
export const conditionsManifestSchema = z.object({
  cells: z.int().min(1),
  /** Chunk c holds the cells from c * chunkCells on. */
  chunkCells: z.int().min(1),
  /** Names, in the model's order. */
  attributes: z.array(z.string()),
  /** Names of the covariates; left out: none. */
  covariates: z.array(z.string()).optional(),
  /** The model they were drawn for. */
  modelSha256: z.string(),
  /** What there was to say about the conditions; goes into the provenance of the cells. */
  problems: z.array(problemSchema),
  shards: z.array(shardSchema),
});
export type ConditionsManifest = z.infer<typeof conditionsManifestSchema>;

/** `cfgen.chunks.v1`: the chunks of a generation in any order, each with its cells and its latents; written by whoever runs the generation. */
export const chunksManifestSchema = z.object({ chunks: z.array(z.object({ chunk: count, cells: blobRefSchema, latents: blobRefSchema })) });
export type ChunksManifest = z.infer<typeof chunksManifestSchema>;

const refsBySchema: Readonly<Record<string, (json: unknown) => readonly BlobRef[]>> = {
  'cfgen.model.v1': (json) => Object.values(modelManifestSchema.parse(json).files),
  'cfgen.latents.v1': (json) => latentsManifestSchema.parse(json).shards.map(({ ref }) => ref),
  'cfgen.conditions.v1': (json) => conditionsManifestSchema.parse(json).shards.map(({ ref }) => ref),
  'cfgen.chunks.v1': (json) => chunksManifestSchema.parse(json).chunks.flatMap(({ cells, latents }) => [cells, latents]),
};

/** Whether contents of a schema are lists of further contents. */
export function isManifest(schema: string): boolean {
  return Object.hasOwn(refsBySchema, schema);
}

/** What a list names; nothing for other contents. */
export function refsWithin(schema: string, json: unknown): readonly BlobRef[] {
  return refsBySchema[schema]?.(json) ?? [];
}
