import { z } from 'zod';
import type { StageName } from './topics';
import {
  covariateValuesSchema,
  guidanceSchema,
  nameSchema,
  problemSchema,
  seedSchema,
  solverSchema,
  trainingDataSchema,
  weightGridSchema,
  whereSchema,
} from './shapes';

/** What a command asks for, what it needs, and what the event of its success holds. */
export interface CommandDefinition {
  readonly stage: StageName;
  /** Name of the event of its success. */
  readonly succeeds: string;
  readonly data: z.ZodType;
  /** References it takes, by name; `?`: optional. `generated-*`: any number, counted from 0. */
  readonly inputs: readonly string[];
  /** Figures of the success event. */
  readonly result: z.ZodType;
  /** References of the success event, by name; `?`: optional. */
  readonly outputs: readonly string[];
}

const problems = z.array(problemSchema).max(50);
const count = z.int().min(0);

/** Which cells go through the flow of a model, how, and into what file. */
const movedCells = {
  /** Names of the files behind `data` and `split`, for messages and provenance. */
  fileName: z.string().max(255),
  splitName: z.string().max(255).optional(),
  /** With a split: whose cells; "test" when left out. */
  part: z.enum(['train', 'test']).optional(),
  layer: nameSchema.optional(),
  /** Cells with a label that is missing or unknown to the model: refuse the data, or do not show them the label. */
  missing: z.enum(['refuse', 'keep']),
  guidance: guidanceSchema,
  solver: solverSchema.optional(),
  seed: seedSchema,
  /** Largest relative error of the round trip that is good enough; left out: from the data. */
  bound: z.number().positive().optional(),
  compression: z.enum(['gzip', 'none']),
  level: z.int().min(0).max(9).optional(),
  /** `h5ad` when left out; `zarr`: a store in one ZIP archive. */
  format: z.enum(['h5ad', 'zarr']).optional(),
};
/** Figures of such a file by name, those of the round trip among them. */
const movedResult = z.object({ figures: z.record(z.string(), z.number().nullable()), problems });

/**
 * Every command there is. Inside `v1` only additions are made: new optional fields, new commands.
 *
 * Contents behind the references (media type, schema) are described in docs/messages.md.
 */
export const commandDefinitions = {
  /** Reads an uploaded file once: what is in it, whether it can be used. */
  InspectCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsInspected',
    data: z.strictObject({ fileName: z.string().max(255), layer: nameSchema.optional() }),
    inputs: ['data'],
    result: z.object({ cells: count, features: count, format: z.string(), contentSha256: z.string(), problems }),
    /** `inspection`: JSON, as `cfgen inspect --json` prints it. */
    outputs: ['inspection'],
  },
  TrainAutoencoder: {
    stage: 'encoder-decoder',
    succeeds: 'AutoencoderTrained',
    data: z.strictObject({
      fileName: z.string().max(255),
      /** Name of the file behind `split`, for messages. */
      splitName: z.string().max(255).optional(),
      /** Name of the file behind `atac`. */
      atacName: z.string().max(255).optional(),
      training: trainingDataSchema,
      /** Settings of the model, whole; read by the stage. */
      settings: z.json(),
      seed: seedSchema,
      /** Epochs between checkpoints. */
      checkpointEpochs: z.int().min(1),
    }),
    /** `atac`: the ATAC counts of the same cells, where they are in a file of their own. */
    inputs: ['data', 'split?', 'atac?'],
    result: z.object({ cells: count, features: count, epochs: count, bestEpoch: count, stoppedEarly: z.boolean(), problems }),
    outputs: ['autoencoder', 'autoencoder-training'],
  },
  EncodeCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsEncoded',
    data: z.strictObject({
      fileName: z.string().max(255),
      /** Name of the file behind `split`, for messages. */
      splitName: z.string().max(255).optional(),
      /** Name of the file behind `atac`. */
      atacName: z.string().max(255).optional(),
      training: trainingDataSchema,
      settings: z.json(),
      /** Cells in a shard of latents, which is also a checkpoint. */
      shardCells: z.int().min(1),
    }),
    inputs: ['data', 'split?', 'atac?', 'autoencoder', 'autoencoder-training'],
    result: z.object({ cells: count, latent: count, problems }),
    outputs: ['latents'],
  },
  FitPriors: {
    stage: 'prior',
    succeeds: 'PriorsFitted',
    data: z.strictObject({
      fileName: z.string().max(255),
      /** Name of the file behind `split`, for messages. */
      splitName: z.string().max(255).optional(),
      /** Name of the file behind `atac`. */
      atacName: z.string().max(255).optional(),
      training: trainingDataSchema,
      settings: z.json(),
    }),
    inputs: ['data', 'split?', 'atac?'],
    result: z.object({ cells: count, attributes: z.array(z.object({ name: z.string(), categories: count })), problems }),
    outputs: ['priors'],
  },
  TrainFlow: {
    stage: 'flow',
    succeeds: 'FlowTrained',
    data: z.strictObject({ settings: z.json(), seed: seedSchema, checkpointSteps: z.int().min(1) }),
    inputs: ['latents', 'priors'],
    result: z.object({ steps: count, loss: z.number().nullable(), problems }),
    outputs: ['flow', 'flow-training'],
  },
  /** Puts the parts of a training together: the model as files, with its description and card. */
  AssembleModel: {
    stage: 'flow',
    succeeds: 'ModelAssembled',
    data: z.strictObject({ settings: z.json(), seed: seedSchema }),
    inputs: ['autoencoder', 'autoencoder-training', 'priors', 'flow', 'flow-training'],
    result: z.object({
      modelSha256: z.string(),
      cells: count,
      features: count,
      attributes: z.array(z.object({ name: z.string(), role: z.enum(['label', 'batch']), categories: z.array(z.string()) })),
    }),
    outputs: ['model'],
  },
  /** Draws the labels and size factors of every cell of a generation, in chunks. */
  DrawConditions: {
    stage: 'prior',
    succeeds: 'ConditionsDrawn',
    data: z.strictObject({
      /** Left out: as many as `like` has. */
      cells: z.int().min(1).optional(),
      chunkCells: z.int().min(1),
      where: whereSchema,
      covariates: covariateValuesSchema.optional(),
      /** Counts a cell, instead of the prior or of `library-size`. */
      librarySize: z.number().positive().optional(),
      seed: seedSchema,
      /** Names of the files behind `like` and `library-size`, for messages and provenance. */
      likeName: z.string().max(255).optional(),
      librarySizeName: z.string().max(255).optional(),
      splitName: z.string().max(255).optional(),
    }),
    inputs: ['model', 'like?', 'split?', 'library-size?'],
    result: z.object({ cells: count, chunks: count, problems }),
    outputs: ['conditions'],
  },
  SampleLatents: {
    stage: 'flow',
    succeeds: 'LatentsSampled',
    data: z.strictObject({ chunk: count, guidance: guidanceSchema, solver: solverSchema.optional(), seed: seedSchema }),
    inputs: ['model', 'conditions'],
    result: z.object({ chunk: count, cells: count, evaluations: count }),
    outputs: ['latents'],
  },
  DecodeCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsDecoded',
    data: z.strictObject({ chunk: count, output: z.enum(['counts', 'means']), seed: seedSchema }),
    inputs: ['model', 'conditions', 'latents'],
    result: z.object({ chunk: count, cells: count, nonzeros: count, total: z.number() }),
    outputs: ['cells'],
  },
  /** Writes the chunks of a generation into one file, in order: `.h5ad`, or `.h5mu` for a model of RNA and ATAC. */
  AssembleCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsAssembled',
    data: z.strictObject({
      output: z.enum(['counts', 'means']),
      /** Keep the latents in `obsm['X_cfgen']`. */
      latents: z.boolean(),
      compression: z.enum(['gzip', 'none']),
      level: z.int().min(0).max(9).optional(),
      /** `h5ad` when left out (`h5mu` for a model of RNA and ATAC); `zarr`: a store in one ZIP archive, of this generation of Zarr. */
      format: z.enum(['h5ad', 'zarr']).optional(),
      zarrFormat: z.union([z.literal(2), z.literal(3)]).optional(),
      /** Write what the schema of CELLxGENE asks for. */
      profile: z.enum(['cellxgene']).optional(),
      seed: seedSchema,
      guidance: guidanceSchema,
      solver: solverSchema.optional(),
      where: whereSchema,
      covariates: covariateValuesSchema.optional(),
      librarySize: z.number().positive().optional(),
      likeName: z.string().max(255).optional(),
      librarySizeName: z.string().max(255).optional(),
      /** What the user was told; the warnings in the file are those of the conditions. */
      problems: problems.optional(),
    }),
    /** `chunks`: a list of references (cfgen.chunks.v1): per chunk `cells` and `latents`. */
    inputs: ['model', 'conditions', 'chunks'],
    result: z.object({
      ...{ cells: count, features: count, nonzeros: count, total: z.number() },
      /** Ending of the file; `h5ad` when left out. */
      format: z.string().optional(),
      /** What the file lacks for the profile that was asked for. */
      problems: problems.optional(),
    }),
    outputs: ['generated'],
  },
  EvaluateCells: {
    stage: 'evaluation',
    succeeds: 'CellsEvaluated',
    data: z.strictObject({
      label: nameSchema.optional(),
      /** Column of the real cells that says who each is from, for the privacy audit. */
      donor: nameSchema.optional(),
      layer: nameSchema.optional(),
      /** Names of the files, for messages and the report. */
      realName: z.string().max(255),
      generatedNames: z.array(z.string().max(255)).min(1).max(32),
      trainingName: z.string().max(255).optional(),
      splitName: z.string().max(255).optional(),
      settings: z.json(),
    }),
    inputs: ['real', 'generated-*', 'training?', 'split?', 'model?'],
    /** Overall figures by name, as in the summary of metrics.json. */
    result: z.object({
      figures: z.record(z.string(), z.number().nullable()),
      /** 95 % intervals of the figures. */
      intervals: z.record(z.string(), z.tuple([z.number(), z.number()]).nullable()).optional(),
      /** What other real cells score in the place of the generated ones. */
      floors: z.record(z.string(), z.number().nullable()).optional(),
      /** Whether the privacy audit found no sign of copied training cells; `null` without training cells. */
      privacyPassed: z.boolean().nullable().optional(),
      problems,
    }),
    outputs: ['metrics', 'report'],
  },
  /** Generates cells with every choice of guidance weights of a grid, and says which to use. */
  SweepGuidance: {
    stage: 'evaluation',
    succeeds: 'GuidanceSwept',
    data: z.strictObject({
      /** Names of the files, for messages and the result. */
      fileName: z.string().max(255),
      splitName: z.string().max(255).optional(),
      layer: nameSchema.optional(),
      grid: weightGridSchema,
      solver: solverSchema.optional(),
      settings: z.json(),
    }),
    inputs: ['model', 'data', 'split?'],
    /** The recommended weights by `weight <column>`, and the agreement they reach. */
    result: z.object({ figures: z.record(z.string(), z.number().nullable()), problems }),
    /** `scores`: JSON; `table`: tab-separated text; `plot`: SVG. */
    outputs: ['scores', 'table', 'plot'],
  },
  /** Scores how well embeddings of a data set mix its batches and keep its labels apart. */
  ScoreIntegration: {
    stage: 'evaluation',
    succeeds: 'IntegrationScored',
    data: z.strictObject({
      fileName: z.string().max(255),
      label: nameSchema,
      batch: nameSchema,
      /** Entries of obsm, or `pca`: principal components of the counts. */
      embeddings: z.array(nameSchema).min(1).max(32),
      /** The embedding before correction, named in the same way. */
      before: nameSchema,
      layer: nameSchema.optional(),
      /** Values by column whose cells are left out. */
      exclude: whereSchema,
      /** Labels that mean "not known". */
      unlabelled: z.array(nameSchema).max(100),
      minMax: z.boolean(),
      settings: z.json(),
    }),
    inputs: ['data'],
    /** Figures of the first embedding by name, and its means. */
    result: z.object({ figures: z.record(z.string(), z.number().nullable()), problems }),
    /** `scores`: JSON; `table`: tab-separated text. */
    outputs: ['scores', 'table'],
  },
  /** Turns a checkpoint of the authors' PyTorch code into a model; labels and library sizes come from the cells it was trained on. */
  ImportModel: {
    stage: 'encoder-decoder',
    succeeds: 'ModelImported',
    data: z.strictObject({
      /** Names of the files, for messages and provenance. */
      checkpointName: z.string().max(255),
      autoencoderName: z.string().max(255).optional(),
      metadataName: z.string().max(255).optional(),
      fileName: z.string().max(255),
      splitName: z.string().max(255).optional(),
      layer: nameSchema.optional(),
      /** Columns of the checkpoint that are batches. */
      batches: z.array(nameSchema).max(16),
    }),
    /** `checkpoint`, `autoencoder`: safetensors; `metadata`: JSON, by default that inside the checkpoint. */
    inputs: ['checkpoint', 'autoencoder?', 'metadata?', 'data', 'split?'],
    result: z.object({
      modelSha256: z.string(),
      cells: count,
      features: count,
      attributes: z.array(z.object({ name: z.string(), role: z.enum(['label', 'batch']), categories: z.array(z.string()) })),
      problems,
    }),
    outputs: ['model'],
  },
  /** Shares out the cells that top up the rare labels of a data set, and draws the conditions of each of them, in chunks. */
  PlanAugmentation: {
    stage: 'prior',
    succeeds: 'AugmentationPlanned',
    data: z.strictObject({
      fileName: z.string().max(255),
      splitName: z.string().max(255).optional(),
      layer: nameSchema.optional(),
      /** Column whose rare values are topped up, within each value of `by` where that is given. */
      label: nameSchema,
      by: nameSchema.optional(),
      /** Real and generated cells together. */
      target: z.int().min(1),
      maxFactor: z.number().min(0),
      minSupport: count,
      chunkCells: z.int().min(1),
      seed: seedSchema,
    }),
    inputs: ['model', 'data', 'split?'],
    result: z.object({ real: count, cells: count, chunks: count, problems }),
    outputs: ['conditions', 'plan'],
  },
  /** Writes real cells and the chunks of generated ones into one `.h5ad`. */
  AssembleAugmented: {
    stage: 'encoder-decoder',
    succeeds: 'AugmentedAssembled',
    data: z.strictObject({
      fileName: z.string().max(255),
      splitName: z.string().max(255).optional(),
      layer: nameSchema.optional(),
      compression: z.enum(['gzip', 'none']),
      level: z.int().min(0).max(9).optional(),
      seed: seedSchema,
      guidance: guidanceSchema,
      solver: solverSchema.optional(),
    }),
    inputs: ['model', 'conditions', 'plan', 'chunks', 'data', 'split?'],
    result: z.object({ cells: count, real: count, generated: count, features: count }),
    outputs: ['augmented'],
  },
  /** Brings the cells of a data set into one batch, to the file that `cfgen correct` writes. All cells in one job, which begins anew when it is lost. */
  CorrectCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsCorrected',
    data: z.strictObject({
      ...movedCells,
      /** Left out: the only batch column of the model. */
      batch: nameSchema.optional(),
      /** Left out: the batch of most training cells. */
      reference: nameSchema.optional(),
      /** Also expected counts, in `layers['means']`. */
      means: z.boolean(),
    }),
    inputs: ['model', 'data', 'split?'],
    result: movedResult,
    outputs: ['corrected'],
  },
  /** Expected counts of every gene of the cells of a data set, to the file that `cfgen impute` writes. All cells in one job, as above. */
  ImputeCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsImputed',
    data: z.strictObject({
      ...movedCells,
      /** Deviation of the noise between the way back and the way forth. */
      noise: z.number().min(0),
    }),
    inputs: ['model', 'data', 'split?'],
    result: movedResult,
    outputs: ['imputed'],
  },
  /** Recall of classifiers on held-out real cells, without and with generated cells to learn from. */
  EvaluateAugmentation: {
    stage: 'evaluation',
    succeeds: 'AugmentationEvaluated',
    data: z.strictObject({
      fileName: z.string().max(255),
      splitName: z.string().max(255),
      layer: nameSchema.optional(),
      label: nameSchema,
      /** Names of the augmented files, which are replicates. */
      augmentedNames: z.array(z.string().max(255)).min(1).max(32),
      neighbours: z.int().min(1).max(1000),
      seed: seedSchema,
    }),
    inputs: ['data', 'split', 'augmented-*', 'model?'],
    result: z.object({ figures: z.record(z.string(), z.number().nullable()), problems }),
    /** `metrics`: JSON; `report`: HTML. */
    outputs: ['metrics', 'report'],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>;

export type CommandType = keyof typeof commandDefinitions;
export const commandTypes = Object.keys(commandDefinitions) as CommandType[];
export type CommandData<T extends CommandType> = z.infer<(typeof commandDefinitions)[T]['data']>;
export type CommandResult<T extends CommandType> = z.infer<(typeof commandDefinitions)[T]['result']>;

/** The commands that a stage owns. */
export function commandsOf(stage: StageName): CommandType[] {
  return commandTypes.filter((type) => commandDefinitions[type].stage === stage);
}
