import { z } from 'zod';
import { jsonValueSchema, errorShape, problemSchema, ulidSchema } from '../messages/shapes';
import { sha256Schema } from '../messages/blob-ref';
import { pageOf, pageQueryFields, timeSchema } from './paging';

/** Name of a file, without a folder. */
export const fileNameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\\\p{Cc}]+$/u, 'not a file name without folders');

/**
 * `cells`: counts with labels; `split`: a table of barcodes with the columns barcode and split; `checkpoint`: a file of a checkpoint to import,
 * safetensors or JSON, which is looked into when it is imported.
 */
export const dataSetKinds = ['cells', 'split', 'checkpoint'] as const;
export const dataSetStates = ['validating', 'ready', 'refused'] as const;

/** A file that was uploaded or imported. */
export const dataSetSchema = z.object({
  id: ulidSchema,
  kind: z.enum(dataSetKinds),
  /** `validating` until it was read once; only a `ready` one can be used by a run. */
  state: z.enum(dataSetStates),
  name: z.string(),
  sha256: sha256Schema,
  bytes: z.int().min(0),
  /** Null until it was read, and for other kinds than cells. */
  cells: z.int().min(0).nullable(),
  features: z.int().min(0).nullable(),
  format: z.string().nullable(),
  /** What `cfgen inspect --json` prints of the file; null until it was read. */
  inspection: z.record(z.string(), jsonValueSchema).nullable(),
  problems: z.array(problemSchema),
  /** Why it is refused. */
  error: errorShape.nullable(),
  createdAt: timeSchema,
});
export type DataSet = z.infer<typeof dataSetSchema>;
export type DataSetState = DataSet['state'];

export const dataSetPageSchema = pageOf(dataSetSchema);

/** Imports a file that lies in the object store already. */
export const importDataSetSchema = z.strictObject({
  /** `s3://bucket/key`, within the places that the operator allows. */
  uri: z.string().min(1).max(2048),
  name: fileNameSchema.optional(),
  kind: z.enum(dataSetKinds).default('cells'),
});
export type ImportDataSet = z.input<typeof importDataSetSchema>;

/** Query of an upload; of no use for an import. */
export const uploadDataSetQuerySchema = z.strictObject({
  name: fileNameSchema.optional(),
  kind: z.enum(dataSetKinds).default('cells'),
});

export const listDataSetsQuerySchema = z.strictObject({
  ...pageQueryFields,
  kind: z.enum(dataSetKinds).optional(),
  state: z.enum(dataSetStates).optional(),
});
