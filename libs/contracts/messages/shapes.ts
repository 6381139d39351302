import { z } from 'zod';
import { errorCodes } from '../errors/cfgen-error';
import { ulidPattern } from '../ids/ulid';

/** Shapes that commands, events and the HTTP API share. */

/** Any JSON value. One object for all, so that documents made from these shapes name it once. */
export const jsonValueSchema = z.json();

export const ulidSchema = z.string().regex(ulidPattern, 'not a ULID');
export const seedSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Name of an obs column or of a category. */
export const nameSchema = z.string().min(1).max(256);

export const problemSchema = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), jsonValueSchema).optional(),
});

export const errorShape = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  details: z.record(z.string(), jsonValueSchema),
});
export type ErrorShape = z.infer<typeof errorShape>;

/** Which cells and genes of a data set are trained on. */
export const trainingDataSchema = z.strictObject({
  /** Biological labels and batch columns to condition on. */
  labels: z.array(nameSchema).max(16),
  batches: z.array(nameSchema).max(16),
  /** Numeric columns to condition on. */
  covariates: z.array(nameSchema).max(16).optional(),
  layer: nameSchema.optional(),
  /** Genes seen in fewer cells are left out. */
  minCells: z.int().min(0),
  /** The same for peaks, of data with RNA and ATAC; 10 when left out. */
  minCellsPeaks: z.int().min(0).optional(),
  /** RNA alone, or both; left out: both where there are both. */
  modality: z.enum(['rna', 'rna+atac']).optional(),
  /** Cells without a value in one of the columns: refuse the data set, or leave them out. */
  missingLabels: z.enum(['refuse', 'drop']),
});
export type TrainingDataShape = z.infer<typeof trainingDataSchema>;

/** How latents are drawn. */
export const solverSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.enum(['euler', 'midpoint', 'rk4']), steps: z.int().min(1).max(10_000) }),
  z.strictObject({ method: z.literal('dopri5'), tolerance: z.number().positive(), maxSteps: z.int().min(1) }),
]);

/** Requested values by column: `{ "cell_type": ["B cells"] }`. */
export const whereSchema = z.record(nameSchema, z.array(nameSchema).min(1).max(1000));
/** Value of a covariate for all cells, by column. */
export const covariateValuesSchema = z.record(nameSchema, z.number());
/** Guidance weight by column. */
export const guidanceSchema = z.record(nameSchema, z.number().min(0).max(100));

/** Guidance weights to try, by column. */
export const weightGridSchema = z.record(nameSchema, z.array(z.number().min(0).max(100)).min(1).max(100));

/** What a sweep over guidance weights can be asked to do otherwise than usual. */
export const guidanceSettingsSchema = z
  .strictObject({
    /** Spread ratios that are neither a collapse nor a blur. */
    band: z.tuple([z.number().min(0), z.number().positive()]),
    hvg: z.int().min(2),
    components: z.int().min(1),
    /** Cells generated with each choice of weights. */
    cells: z.int().min(20).max(100_000),
    seed: z.int(),
  })
  .partial();

/** What scores of an integration can be asked to do otherwise than usual; the scoring itself knows the bounds and fills in what is left out. */
export const integrationSettingsSchema = z
  .strictObject({
    profile: z.enum(['scib-2024', 'scib-2025']),
    neighbours: z.enum(['exact', 'approximate', 'auto']),
    seed: z.int(),
    bras: z.enum(['mean-other', 'furthest']),
    isolatedLabelBatches: z.int().nullable(),
    kMeansStarts: z.int(),
    lisiNeighbours: z.int(),
    kbetNeighbours: z.int(),
    graphNeighbours: z.int(),
  })
  .partial();

/** What an evaluation can be asked to do otherwise than usual; the evaluation itself knows the bounds and fills in what is left out. */
export const evaluationSettingsSchema = z
  .strictObject({
    protocols: z.array(z.enum(['centred', 'paper'])),
    hvg: z.int(),
    components: z.int(),
    seed: z.int(),
    batchSize: z.int(),
    transportCells: z.int(),
    classifierCells: z.int(),
    trees: z.int(),
    folds: z.int(),
    bootstrap: z.int(),
    markers: z.int(),
    privacyCells: z.int(),
    mapCells: z.int(),
  })
  .partial();
