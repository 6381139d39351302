import { z } from 'zod';
import { guidanceSchema, nameSchema, seedSchema, solverSchema } from '../shapes';
import { count, dataSetFields, figures, fileName, problems, type CommandDefinition } from './command-definition';

/** Topping up rare labels of a data set. */
export const augmentationCommands = {
  /** Shares out the cells that top up the rare labels of a data set, and draws the conditions of each of them, in chunks. */
  PlanAugmentation: {
    stage: 'prior',
    succeeds: 'AugmentationPlanned',
    data: z.strictObject({
      ...dataSetFields,
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
      ...dataSetFields,
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
  /** Recall of classifiers on held-out real cells, without and with generated cells to learn from. */
  EvaluateAugmentation: {
    stage: 'evaluation',
    succeeds: 'AugmentationEvaluated',
    data: z.strictObject({
      fileName,
      splitName: fileName,
      layer: nameSchema.optional(),
      label: nameSchema,
      /** Names of the augmented files, which are replicates. */
      augmentedNames: z.array(fileName).min(1).max(32),
      neighbours: z.int().min(1).max(1000),
      seed: seedSchema,
    }),
    inputs: ['data', 'split', 'augmented-*', 'model?'],
    result: z.object({ figures, problems }),
    /** `metrics`: JSON; `report`: HTML. */
    outputs: ['metrics', 'report'],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>;
