import { z } from 'zod';
import { nameSchema, solverSchema, weightGridSchema, whereSchema } from '../shapes';
import { dataSetFields, figures, fileName, problems, type CommandDefinition } from './command-definition';

/** Judging cells, embeddings and guidance weights. */
export const evaluationCommands = {
  EvaluateCells: {
    stage: 'evaluation',
    succeeds: 'CellsEvaluated',
    data: z.strictObject({
      label: nameSchema.optional(),
      /** Column of the real cells that says who each is from, for the privacy audit. */
      donor: nameSchema.optional(),
      layer: nameSchema.optional(),
      /** Names of the files, for messages and the report. */
      realName: fileName,
      generatedNames: z.array(fileName).min(1).max(32),
      trainingName: fileName.optional(),
      splitName: fileName.optional(),
      settings: z.json(),
    }),
    inputs: ['real', 'generated-*', 'training?', 'split?', 'model?'],
    /** Overall figures by name, as in the summary of metrics.json. */
    result: z.object({
      figures,
      /** 95 % intervals of the figures. */
      intervals: z.record(z.string(), z.tuple([z.number(), z.number()]).nullable()).optional(),
      /** What other real cells score in the place of the generated ones. */
      floors: figures.optional(),
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
      ...dataSetFields,
      grid: weightGridSchema,
      solver: solverSchema.optional(),
      settings: z.json(),
    }),
    inputs: ['model', 'data', 'split?'],
    /** The recommended weights by `weight <column>`, and the agreement they reach. */
    result: z.object({ figures, problems }),
    /** `scores`: JSON; `table`: tab-separated text; `plot`: SVG. */
    outputs: ['scores', 'table', 'plot'],
  },
  /** Scores how well embeddings of a data set mix its batches and keep its labels apart. */
  ScoreIntegration: {
    stage: 'evaluation',
    succeeds: 'IntegrationScored',
    data: z.strictObject({
      fileName,
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
    result: z.object({ figures, problems }),
    /** `scores`: JSON; `table`: tab-separated text. */
    outputs: ['scores', 'table'],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>;
