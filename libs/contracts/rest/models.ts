import { z } from 'zod';
import { jsonValueSchema, ulidSchema } from '../messages/shapes';
import { sha256Schema } from '../messages/blob-ref';
import { pageOf, pageQueryFields, timeSchema } from './paging';

/** A name that points at a model and can be moved: `production`. Begins with a small letter, so that it never looks like an id. */
export const aliasSchema = z
  .string()
  .regex(/^(?!aliases$)[a-z][a-z0-9._-]{0,63}$/, 'not an alias: small letters, digits, ".", "_", "-", and not the word "aliases"');

/** A model by its id or by an alias. */
export const modelReferenceSchema = z.union([ulidSchema, aliasSchema]);

/** A file of a model or of a run. */
export const artifactSchema = z.object({
  name: z.string(),
  bytes: z.int().min(0),
  sha256: sha256Schema,
  mediaType: z.string(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** A column that a model was trained with. */
export const modelAttributeSchema = z.object({
  name: z.string(),
  role: z.enum(['label', 'batch']),
  /** In the order of their codes. */
  categories: z.array(z.string()),
});
export type ModelAttribute = z.infer<typeof modelAttributeSchema>;

/** A trained model. It never changes; aliases do. */
export const modelSchema = z.object({
  id: ulidSchema,
  /** Identity of its content: the same data, settings and seed give the same. */
  modelSha256: sha256Schema,
  aliases: z.array(aliasSchema),
  /** The run that trained it. */
  runId: ulidSchema,
  createdAt: timeSchema,
  cells: z.int().min(0),
  features: z.int().min(0),
  attributes: z.array(modelAttributeSchema),
  files: z.array(artifactSchema),
});
export type Model = z.infer<typeof modelSchema>;

/** A model with what its lists leave out. */
export const modelDetailsSchema = modelSchema.extend({
  /** The model card, Markdown. */
  card: z.string(),
  /** Settings, losses and provenance, as in `model.json`. */
  training: z.record(z.string(), jsonValueSchema),
});
export type ModelDetails = z.infer<typeof modelDetailsSchema>;

export const modelPageSchema = pageOf(modelSchema);
export const listModelsQuerySchema = z.strictObject(pageQueryFields);

export const modelAliasSchema = z.object({ alias: aliasSchema, modelId: ulidSchema, updatedAt: timeSchema });
export type ModelAlias = z.infer<typeof modelAliasSchema>;
export const modelAliasPageSchema = pageOf(modelAliasSchema);
export const setModelAliasSchema = z.strictObject({ modelId: ulidSchema });
