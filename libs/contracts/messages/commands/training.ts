import { z } from 'zod';
import { nameSchema, seedSchema, trainingDataSchema } from '../shapes';
import { count, dataSetFields, fileName, problems, type CommandDefinition } from './command-definition';

/** Names of the files behind `data`, `split` and `atac`, and which of their cells a model learns from. */
const trainingCells = { fileName, splitName: fileName.optional(), atacName: fileName.optional(), training: trainingDataSchema };
/** What a model came to. */
const modelResult = {
  modelSha256: z.string(),
  cells: count,
  features: count,
  attributes: z.array(z.object({ name: z.string(), role: z.enum(['label', 'batch']), categories: z.array(z.string()) })),
};

/** From data to models: reading, training and taking models over. */
export const trainingCommands = {
  /** Reads an uploaded file once: what is in it, whether it can be used. */
  InspectCells: {
    stage: 'encoder-decoder',
    succeeds: 'CellsInspected',
    data: z.strictObject({ fileName, layer: nameSchema.optional() }),
    inputs: ['data'],
    result: z.object({ cells: count, features: count, format: z.string(), contentSha256: z.string(), problems }),
    /** `inspection`: JSON, as `cfgen inspect --json` prints it. */
    outputs: ['inspection'],
  },
  TrainAutoencoder: {
    stage: 'encoder-decoder',
    succeeds: 'AutoencoderTrained',
    data: z.strictObject({
      ...trainingCells,
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
      ...trainingCells,
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
      ...trainingCells,
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
    result: z.object(modelResult),
    outputs: ['model'],
  },
  /** Turns a checkpoint of the authors' PyTorch code into a model; labels and library sizes come from the cells it was trained on. */
  ImportModel: {
    stage: 'encoder-decoder',
    succeeds: 'ModelImported',
    data: z.strictObject({
      /** Names of the files, for messages and provenance. */
      checkpointName: fileName,
      autoencoderName: fileName.optional(),
      metadataName: fileName.optional(),
      ...dataSetFields,
      /** Columns of the checkpoint that are batches. */
      batches: z.array(nameSchema).max(16),
    }),
    /** `checkpoint`, `autoencoder`: safetensors; `metadata`: JSON, by default that inside the checkpoint. */
    inputs: ['checkpoint', 'autoencoder?', 'metadata?', 'data', 'split?'],
    result: z.object({ ...modelResult, problems }),
    outputs: ['model'],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>;
