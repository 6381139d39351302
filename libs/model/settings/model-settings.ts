import { z } from 'zod';

/** How a learning rate moves over a training of `steps` steps: see `learningRateAt`. */
const scheduleSchema = z.strictObject({
  kind: z.enum(['constant', 'cosine']),
  /** Cosine only: share of the peak rate left at the last step. */
  finalFraction: z.number().min(0).max(1).default(0.02),
  /** Steps of linear rise from 0 to the peak rate. */
  warmupSteps: z.int().min(0).default(0),
});

const optimiserSchema = z.strictObject({
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** Gradients are scaled down to this global L2 norm. */
  clipNorm: z.number().positive().default(1),
  schedule: scheduleSchema,
});

const autoencoderSchema = z.strictObject({
  /** Latent size D. */
  latent: z.int().min(1).max(4096),
  /** Hidden widths of the encoder; the decoder's are these reversed. */
  hidden: z.array(z.int().min(1)).min(1).max(8),
  /** What the encoder sees of the counts x of a cell with size factor l. */
  input: z.enum(['log1p', 'log1p-normalised', 'proportion', 'log1p-proportion']),
  /** Dropout after the encoder's hidden layers, in training only. */
  dropout: z.number().min(0).lt(1),
  /** Deterministic codes, or z = mean + sqrt(v) noise with `klWeight` times the Kullback-Leibler term in the loss. */
  head: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('deterministic') }),
    z.strictObject({ kind: z.literal('variational'), klWeight: z.number().min(0) }),
  ]),
  /** Weight of the cross-entropy of a linear label head on z while training; 0: no head. Used when there is a biological label. */
  labelHeadWeight: z.number().min(0),
  /** `profile`: output bias ln p_g and output weights at 0.3 of the usual start; `uniform`: PyTorch's Linear default. */
  outputStart: z.enum(['profile', 'uniform']),
  theta: z.strictObject({
    /** Start of ln theta: N(0, 1), or from the moments of the counts within labels. */
    start: z.enum(['normal', 'moments']),
    /** Learning rate of ln theta relative to the other weights. */
    learningRateFactor: z.number().positive(),
    weightDecay: z.number().min(0),
  }),
  optimiser: optimiserSchema,
  batch: z.int().min(2),
  epochs: z.int().min(1),
  /** Share of the cells held out to choose the best epoch, drawn within each label when there is one. */
  validationFraction: z.number().min(0).max(0.5),
  /** Stop after this many epochs without a better validation loss; null: never. */
  patience: z.int().min(1).nullable(),
});

const flowSchema = z.strictObject({
  hidden: z.int().min(1),
  /** Width of the condition embedding, even. */
  embedding: z.int().min(2).multipleOf(2),
  blocks: z.int().min(1).max(64),
  optimiser: optimiserSchema,
  batch: z.int().min(1),
  /** Length of the training: passes over the cells, or optimiser steps. */
  duration: z.discriminatedUnion('unit', [
    z.strictObject({ unit: z.literal('epochs'), epochs: z.int().min(1) }),
    z.strictObject({ unit: z.literal('steps'), steps: z.int().min(1) }),
  ]),
  /** Largest decay of the weight average min(decay, (1 + n)/(10 + n)) that sampling uses; null: the last weights. */
  averaging: z.number().gt(0).lt(1).nullable(),
  /** Probability that an attribute is shown to the network (classifier-free training). */
  conditionProbability: z.number().min(0).max(1),
  /** Draw what is shown once a batch (as the authors do) or for every cell. */
  conditionDraws: z.enum(['per-batch', 'per-cell']),
  /** Per-cell draws: conditioned rows are drawn with weight n_label^power. 0: uniformly. */
  labelWeightPower: z.number().min(-1).max(0),
  /** Standardise each latent dimension over the training cells. */
  standardise: z.boolean(),
  /** Condition the field on the size factor too. */
  sizeFactorConditioning: z.boolean(),
  /** Pairing of noise and latents within a batch. */
  coupling: z.enum(['independent', 'optimal-transport']),
  sigmaMin: z.number().min(0).lt(1),
});

const priorsSchema = z.strictObject({
  sizeFactor: z.strictObject({
    kind: z.enum(['log-normal', 'smoothed-bootstrap']),
    /** One fit for all cells, or one per category of the first attribute. */
    by: z.enum(['all', 'label']),
  }),
});

const solverSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.enum(['euler', 'midpoint', 'rk4']), steps: z.int().min(1).max(10_000) }),
  z.strictObject({ method: z.literal('dopri5'), tolerance: z.number().positive(), maxSteps: z.int().min(1).default(10_000) }),
]);

const hiddenWidths = z.array(z.int().min(1)).min(1).max(8);

/** What RNA and ATAC together take besides the settings of the autoencoder, whose `hidden` and `latent` these replace. */
const multimodalSchema = z.strictObject({
  /** `joint`: one linear layer makes one latent of the codes of both; `separate`: the latent is the two codes side by side. */
  latents: z.enum(['joint', 'separate']),
  /** Learning rate of the autoencoder relative to that of RNA alone. */
  learningRateFactor: z.number().positive(),
  /** Latent size D when it is joint. */
  latent: z.int().min(1).max(4096),
  rna: z.strictObject({
    /** Hidden widths of the encoder; the decoder's are the code and these reversed. */
    hidden: hiddenWidths,
    /** Width of the code, which is what the encoder of a modality ends in. */
    code: z.int().min(1).max(4096),
  }),
  atac: z.strictObject({
    hidden: hiddenWidths,
    code: z.int().min(1).max(4096),
    /** What the encoder sees of the peaks: open or not, or one of the transforms of counts. */
    input: z.enum(['binary', 'log1p', 'log1p-normalised', 'proportion', 'log1p-proportion']),
    /** Open or not with a probability a peak, or counts with the mean total x softmax. */
    likelihood: z.enum(['bernoulli', 'poisson']),
  }),
});

/** Every setting of a model; recorded whole in `model.json`. */
export const modelSettingsSchema = z
  .strictObject({
    preset: z.string(),
    autoencoder: autoencoderSchema,
    /** Of models of RNA and ATAC only. */
    multimodal: multimodalSchema.exactOptional(),
    flow: flowSchema,
    priors: priorsSchema,
    /** How latents are drawn unless asked otherwise. */
    solver: solverSchema,
    /** Guidance weight of the biological label unless asked otherwise; other attributes have weight 1. */
    guidance: z.number().min(0),
  })
  .refine(({ autoencoder, multimodal }) => multimodal?.latents !== 'separate' || autoencoder.head.kind === 'deterministic', {
    path: ['multimodal', 'latents'],
    message: 'separate latents go with a deterministic head only',
  });

export type ModelSettings = z.infer<typeof modelSettingsSchema>;
export type AutoencoderSettings = ModelSettings['autoencoder'];
export type MultimodalSettings = z.infer<typeof multimodalSchema>;
export type FlowSettings = ModelSettings['flow'];
export type SolverSettings = ModelSettings['solver'];
export type OptimiserSettings = z.infer<typeof optimiserSchema>;
export type ScheduleSettings = z.infer<typeof scheduleSchema>;
