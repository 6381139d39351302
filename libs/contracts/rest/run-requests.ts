import { z } from 'zod';
import {
  jsonValueSchema,
  covariateValuesSchema,
  guidanceSchema,
  nameSchema,
  seedSchema,
  solverSchema,
  ulidSchema,
  whereSchema,
  weightGridSchema,
} from '../messages/shapes';
import { aliasSchema, modelReferenceSchema } from './models';

const columns = z.array(nameSchema).max(16);

/** Learns a model from a data set. */
export const trainRequestSchema = z.strictObject({
  type: z.literal('train'),
  dataSet: ulidSchema,
  /** Biological labels to condition on. */
  labels: columns.default([]),
  /** Columns of technical variation. */
  batches: columns.default([]),
  /** Numeric columns to condition on, such as a pseudotime. */
  covariates: columns.default([]),
  preset: z.enum(['best', 'paper', 'quick']).default('best'),
  /** Single settings by path, such as `{"autoencoder.latent": 50}`. */
  set: z
    .record(z.string().min(1).max(128), jsonValueSchema)
    .refine((set) => Object.keys(set).length <= 100, 'more than 100 settings')
    .default({}),
  /** Epochs of the autoencoder. */
  epochs: z.int().min(1).max(1_000_000).optional(),
  flowSteps: z.int().min(1).max(100_000_000).optional(),
  /** Epochs without improvement after which the autoencoder stops; null: never. */
  patience: z.int().min(1).max(1_000_000).nullable().optional(),
  /** Genes seen in fewer cells are left out. */
  minCells: z.int().min(0).max(1_000_000_000).default(20),
  /** The same for peaks, of data with RNA and ATAC. */
  minCellsPeaks: z.int().min(0).max(1_000_000_000).default(10),
  /** RNA alone, or both; left out: both where the data set has both. */
  modality: z.enum(['rna', 'rna+atac']).optional(),
  /** A data set with the ATAC counts of the same cells, where they are in a file of their own. */
  atac: ulidSchema.optional(),
  missingLabels: z.enum(['refuse', 'drop']).default('refuse'),
  layer: nameSchema.optional(),
  /** A data set of kind `split`: only its "train" cells are used. */
  split: ulidSchema.optional(),
  seed: seedSchema.default(0),
  /** Points at the model once it is trained. */
  alias: aliasSchema.optional(),
});

/** Draws new cells from a model. */
export const generateRequestSchema = z
  .strictObject({
    type: z.literal('generate'),
    model: modelReferenceSchema,
    /** Left out: as many as `like` has. */
    cells: z.int().min(1).max(1_000_000_000).optional(),
    where: whereSchema.default({}),
    guidance: guidanceSchema.default({}),
    /** Values of covariates; others are drawn as in training. */
    covariateValues: covariateValuesSchema.default({}),
    /** Counts a cell; left out: from the prior of the model. */
    librarySize: z.number().positive().max(1e9).optional(),
    /** Data set whose library sizes are used. */
    librarySizeFrom: ulidSchema.optional(),
    /** Data set whose labels and library sizes are taken, cell by cell. */
    like: ulidSchema.optional(),
    /** A data set of kind `split`: only the "test" cells of `like`. */
    split: ulidSchema.optional(),
    /** Left out: that of the model. */
    solver: solverSchema.optional(),
    output: z.enum(['counts', 'means']).default('counts'),
    /** Keep the latents in `obsm['X_cfgen']`. */
    latents: z.boolean().default(false),
    compression: z.enum(['gzip', 'none']).default('gzip'),
    level: z.int().min(0).max(9).optional(),
    /** Left out: `h5ad` (`h5mu` from a model of RNA and ATAC). `zarr`: a store in one ZIP archive. */
    format: z.enum(['h5ad', 'zarr']).optional(),
    /** Generation of Zarr; 2, which every tool reads, when left out. */
    zarrFormat: z.union([z.literal(2), z.literal(3)]).optional(),
    /** `cellxgene`: write what its schema asks for; what is missing is told as a problem of the run. */
    profile: z.enum(['cellxgene']).optional(),
    seed: seedSchema.default(0),
    /** Cells of one job. It never changes the cells, only how they are shared out. */
    chunkCells: z.int().min(1).max(1_000_000).optional(),
  })
  .refine((request) => request.cells !== undefined || request.like !== undefined, {
    path: ['cells'],
    message: 'needed unless `like` is given',
  })
  .refine((request) => request.split === undefined || request.like !== undefined, { path: ['split'], message: 'needs `like`' })
  .refine((request) => request.librarySize === undefined || request.librarySizeFrom === undefined, {
    path: ['librarySizeFrom'],
    message: 'cannot be given beside `librarySize`',
  });

/** Cells to judge: what a run generated, or an uploaded data set. */
export const generatedCellsSchema = z.union([z.strictObject({ run: ulidSchema }), z.strictObject({ dataSet: ulidSchema })]);

/** Compares generated cells with real ones. */
export const evaluateRequestSchema = z.strictObject({
  type: z.literal('evaluate'),
  /** Data set of real cells that the model was not trained on. */
  real: ulidSchema,
  /** Several are replicates of one model. */
  generated: z.array(generatedCellsSchema).min(1).max(32),
  /** Data set of cells the model was trained on, for the floor and the baseline. */
  training: ulidSchema.optional(),
  /** A data set of kind `split`: the "test" cells of `real` are judged against, its "train" cells are the training cells. */
  split: ulidSchema.optional(),
  label: nameSchema.optional(),
  /** Column of the real cells that says who each is from, for the privacy audit. */
  donor: nameSchema.optional(),
  layer: nameSchema.optional(),
  /** Its loss curves go into the report. */
  model: modelReferenceSchema.optional(),
  seed: seedSchema.default(0),
  /** Further settings of the evaluation by name. */
  settings: z.record(z.string().min(1).max(128), jsonValueSchema).default({}),
});

/** Generates cells with every choice of guidance weights of a grid, and says which to use. */
export const guideRequestSchema = z.strictObject({
  type: z.literal('guide'),
  model: modelReferenceSchema,
  /** Data set of real cells to judge by. */
  dataSet: ulidSchema,
  /** A data set of kind `split`: only the "test" cells of the data set. */
  split: ulidSchema.optional(),
  layer: nameSchema.optional(),
  /** Weights to try, by column; columns that are not named keep their usual weight. */
  grid: weightGridSchema,
  /** Cells generated with each choice of weights. */
  cells: z.int().min(20).max(100_000).default(500),
  /** Spread ratios that are neither a collapse nor a blur. */
  band: z.tuple([z.number().min(0), z.number().positive()]).default([0.8, 1.25]),
  /** Left out: that of the model. */
  solver: solverSchema.optional(),
  seed: seedSchema.default(0),
});

/** Scores how well embeddings of a data set mix its batches and keep its labels apart. */
export const integrationRequestSchema = z.strictObject({
  type: z.literal('integration'),
  dataSet: ulidSchema,
  /** What cells are. */
  label: nameSchema,
  /** Where they come from. */
  batch: nameSchema,
  /** Entries of obsm, or `pca`: 50 principal components of the counts. Several are compared. */
  embeddings: z.array(nameSchema).min(1).max(32).default(['pca']),
  /** The embedding before correction, named in the same way. */
  before: nameSchema.default('pca'),
  layer: nameSchema.optional(),
  /** Values by column whose cells are left out. */
  exclude: whereSchema.default({}),
  /** Labels that mean "not known": such cells count for what needs no labels, and for nothing else. */
  unlabelled: z.array(nameSchema).max(100).default([]),
  /** Also stretch every metric over the embeddings compared. */
  minMax: z.boolean().default(false),
  profile: z.enum(['scib-2024', 'scib-2025']).default('scib-2025'),
  neighbours: z.enum(['exact', 'approximate', 'auto']).default('auto'),
  seed: seedSchema.default(0),
  /** Further settings by name. */
  settings: z.record(z.string().min(1).max(128), jsonValueSchema).default({}),
});

/** Makes a model from a checkpoint of the authors' PyTorch code. */
export const importRequestSchema = z.strictObject({
  type: z.literal('import'),
  /** A data set of kind `checkpoint`: the safetensors file of the flow, with the autoencoder in it. */
  checkpoint: ulidSchema,
  /** Of the same kind: an autoencoder to take instead of that in the checkpoint. */
  autoencoder: ulidSchema.optional(),
  /** Of the same kind: a description to take instead of that in the checkpoint. */
  metadata: ulidSchema.optional(),
  /** The cells that the checkpoint was trained on. */
  dataSet: ulidSchema,
  /** A data set of kind `split`: only its "train" cells. */
  split: ulidSchema.optional(),
  layer: nameSchema.optional(),
  /** Columns of the checkpoint that are technical variation; the others are biology. */
  batches: columns.default([]),
  /** Points at the model once it is there. */
  alias: aliasSchema.optional(),
});

/** Tops up the rare labels of a data set with generated cells. */
export const augmentRequestSchema = z
  .strictObject({
    type: z.literal('augment'),
    model: modelReferenceSchema,
    /** The real cells. */
    dataSet: ulidSchema,
    /** A data set of kind `split`: only its "train" cells are topped up; its "test" cells are what `evaluate` judges by. */
    split: ulidSchema.optional(),
    layer: nameSchema.optional(),
    /** Column whose rare values are topped up. */
    label: nameSchema,
    /** Column within whose values they are topped up, such as the donor. */
    by: nameSchema.optional(),
    /** Real and generated cells together. */
    target: z.int().min(1).max(1_000_000_000),
    /** Generated cells of a label are at most this many times its real ones. */
    maxFactor: z.number().min(0).max(1_000_000).default(20),
    /** Labels with fewer real cells are left as they are. */
    minSupport: z.int().min(0).max(1_000_000_000).default(20),
    guidance: guidanceSchema.default({}),
    /** Left out: that of the model. */
    solver: solverSchema.optional(),
    compression: z.enum(['gzip', 'none']).default('gzip'),
    level: z.int().min(0).max(9).optional(),
    seed: seedSchema.default(0),
    /** Also compare the recall of classifiers on the "test" cells before and after. */
    evaluate: z.boolean().default(false),
    /** With `evaluate`: augmentations to judge, with seeds one after the other; the first is handed out. */
    replicates: z.int().min(1).max(32).default(3),
    /** With `evaluate`: neighbours that vote on a cell. */
    neighbours: z.int().min(1).max(1000).default(15),
    /** Cells of one job. It never changes the cells, only how they are shared out. */
    chunkCells: z.int().min(1).max(1_000_000).optional(),
  })
  .refine((request) => !request.evaluate || request.split !== undefined, { path: ['split'], message: 'needed for `evaluate`' });

/** Which cells go through the flow of a model, how, and into what file. */
const movedCells = {
  model: modelReferenceSchema,
  /** The cells. */
  dataSet: ulidSchema,
  /** A data set of kind `split`: only the cells of one part. */
  split: ulidSchema.optional(),
  /** With `split`: whose cells. */
  part: z.enum(['train', 'test']).default('test'),
  layer: nameSchema.optional(),
  /** Cells with a label that is missing or unknown to the model: refuse the data set, or do not show them the label. */
  missing: z.enum(['refuse', 'keep']).default('refuse'),
  /** Weights both ways; 1 for columns that are not named. */
  guidance: guidanceSchema.default({}),
  /** Left out: rk4 in 10 steps. */
  solver: solverSchema.optional(),
  /** Largest relative error of the round trip that is good enough; left out: from the data. */
  bound: z.number().positive().optional(),
  compression: z.enum(['gzip', 'none']).default('gzip'),
  level: z.int().min(0).max(9).optional(),
  /** Left out: `h5ad`. `zarr`: a store in one ZIP archive. */
  format: z.enum(['h5ad', 'zarr']).optional(),
  seed: seedSchema.default(0),
};

/** Brings the cells of a data set into one batch. */
export const correctRequestSchema = z.strictObject({
  type: z.literal('correct'),
  ...movedCells,
  /** Column to correct; left out: the only batch column of the model. */
  batch: nameSchema.optional(),
  /** Batch that all cells are to be in; left out: that of most training cells. */
  reference: nameSchema.optional(),
  /** Also expected counts, in `layers['means']` (dense). */
  means: z.boolean().default(false),
});

/** Expected counts of every gene of the cells of a data set. */
export const imputeRequestSchema = z.strictObject({
  type: z.literal('impute'),
  ...movedCells,
  /** Deviation of the noise between the way back and the way forth; above 0.1 there is a warning. */
  noise: z.number().min(0).max(100).default(0.05),
});

/** What a run is asked to do. */
export const runRequestSchema = z.discriminatedUnion('type', [
  trainRequestSchema,
  generateRequestSchema,
  evaluateRequestSchema,
  integrationRequestSchema,
  guideRequestSchema,
  importRequestSchema,
  augmentRequestSchema,
  correctRequestSchema,
  imputeRequestSchema,
]);
/** With its defaults filled in. */
export type RunRequest = z.output<typeof runRequestSchema>;
/** As it may be posted. */
export type RunRequestInput = z.input<typeof runRequestSchema>;
export type TrainRequest = z.output<typeof trainRequestSchema>;
export type GenerateRequest = z.output<typeof generateRequestSchema>;
export type EvaluateRequest = z.output<typeof evaluateRequestSchema>;
export type GuideRequest = z.output<typeof guideRequestSchema>;
export type IntegrationRequest = z.output<typeof integrationRequestSchema>;
export type ImportRequest = z.output<typeof importRequestSchema>;
export type AugmentRequest = z.output<typeof augmentRequestSchema>;
export type CorrectRequest = z.output<typeof correctRequestSchema>;
export type ImputeRequest = z.output<typeof imputeRequestSchema>;
