import { z } from 'zod';
import { modelSettingsSchema } from '../settings/model-settings';

/** The newest format this version knows. Older formats always load; a newer one is refused by name. */
export const modelFormatVersion = 2;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const attributeSchema = z
  .strictObject({
    name: z.string().min(1),
    role: z.enum(['label', 'batch']),
    /** Sorted unique; the code of a category is its place. */
    categories: z.array(z.string()).min(1),
    counts: z.array(count),
  })
  .refine((attribute) => attribute.categories.length === attribute.counts.length, 'categories and counts differ in length');

const covariateSchema = z.strictObject({
  name: z.string().min(1),
  /** Over the training cells; the standard deviation with ddof 1. */
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  deviation: z.number().min(0),
});

const covariateSampleSchema = z.strictObject({
  /** Category of each attribute. */
  codes: z.array(count),
  /** ln l of each cell, and each covariate of each cell. */
  logSizes: z.array(z.number()).min(1),
  values: z.array(z.array(z.number())),
});

const sizeFactorGroupSchema = z.strictObject({
  cells: count,
  mean: z.number(),
  deviation: z.number().min(0),
  pooled: z.boolean(),
  sample: z.array(z.number()).min(1).optional(),
  bandwidth: z.number().min(0).optional(),
});

const featuresSchema = z.strictObject({
  names: z.array(z.string()).min(1),
  /** Text columns of var that go along with the names, such as gene ids. */
  columns: z.record(z.string(), z.array(z.string())),
});

const carriedColumnSchema = z.strictObject({
  name: z.string().min(1),
  /** Texts, or truth values written True and False. */
  kind: z.enum(['text', 'boolean']),
  /** Index of the attribute whose categories decide the value; null: one value for all cells. */
  by: count.nullable(),
  /** Value of each category, or the one value; null where the cells have none. */
  values: z.array(z.string().nullable()).min(1),
});

const peakTotalsGroupSchema = z.strictObject({
  cells: count,
  mean: z.number(),
  /** Mean of ln l, and by how much ln a rises with ln l. */
  sizeMean: z.number(),
  slope: z.number(),
  /** What the line leaves over of each cell, ascending. */
  residuals: z.array(z.number()).min(1),
});

/** Everything in `model.json`: what a model is, and where it comes from. Weights lie in the safetensors files it names. */
export const modelDescriptionSchema = z.strictObject({
  format: z.literal('cfgen-model'),
  formatVersion: z.literal(modelFormatVersion),
  modality: z.enum(['rna', 'rna+atac']),
  settings: modelSettingsSchema,
  features: featuresSchema,
  /** Of models of two modalities: the peaks. */
  atac: z.strictObject({ likelihood: z.enum(['bernoulli', 'poisson']), features: featuresSchema }).optional(),
  attributes: z.array(attributeSchema),
  /** Combinations of categories seen in training, and how often. */
  combinations: z.array(z.strictObject({ codes: z.array(count), count: z.int().min(1) })),
  sizeFactorPrior: z.strictObject({
    kind: z.enum(['log-normal', 'smoothed-bootstrap']),
    by: count.nullable(),
    groups: z.array(sizeFactorGroupSchema).min(1),
  }),
  /** Range of ln l over the training cells. */
  sizeRange: z.strictObject({ min: z.number(), max: z.number() }),
  /**
   * Of models that draw counts of peaks: their total a of a cell given its size factor l, over all cells and by category of the attribute with
   * this index; null for a category of too few cells.
   */
  atacTotals: z
    .strictObject({ by: count.nullable(), all: peakTotalsGroupSchema, groups: z.array(peakTotalsGroupSchema.nullable()) })
    .optional(),
  /** Continuous columns of obs that the flow is conditioned on. */
  covariates: z.array(covariateSchema).default([]),
  /** Size factors and covariates of training cells, by combination of categories; empty without covariates. */
  covariateSamples: z.array(covariateSampleSchema).default([]),
  /** Columns of obs that follow from a label, or are the same for all cells: what else is known of a generated cell. */
  carried: z.array(carriedColumnSchema).min(1).optional(),
  /** Latents were trained on as (z - mean)/deviation. */
  latentScale: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
  training: z.strictObject({
    cells: count,
    autoencoder: z.strictObject({
      bestEpoch: count,
      stoppedEarly: z.boolean(),
      history: z.array(
        z.strictObject({
          epoch: count,
          training: z.number(),
          validation: z.number().nullable(),
          label: z.number().nullable(),
          /** Share of each modality in the validation loss. */
          modalities: z.strictObject({ rna: z.number(), atac: z.number() }).optional(),
        }),
      ),
    }),
    flow: z.strictObject({ steps: count, history: z.array(z.strictObject({ step: count, loss: z.number() })) }),
  }),
  provenance: z.strictObject({
    /** Version of CFGen that trained the model. */
    version: z.string(),
    seed: z.int().min(0),
    engine: z.string(),
    data: z.strictObject({ name: z.string(), sha256, countsAt: z.string(), cells: count, features: count }),
    /** Choices made about the data, in words: feature filter, held-out cells. */
    notes: z.array(z.string()),
  }),
  files: z.strictObject({ 'autoencoder.safetensors': sha256, 'flow.safetensors': sha256 }),
});

export type ModelDescription = z.infer<typeof modelDescriptionSchema>;
