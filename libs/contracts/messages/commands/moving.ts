import { z } from 'zod';
import { guidanceSchema, nameSchema, seedSchema, solverSchema } from '../shapes';
import { dataSetFields, figures, problems, type CommandDefinition } from './command-definition';

/** Which cells go through the flow of a model, how, and into what file. */
const movedCells = {
  ...dataSetFields,
  /** With a split: whose cells; "test" when left out. */
  part: z.enum(['train', 'test']).optional(),
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
const movedResult = z.object({ figures, problems });

/** Taking the cells of a data set through the flow and back: correction and imputation. */
export const movingCommands = {
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
} as const satisfies Readonly<Record<string, CommandDefinition>>;
