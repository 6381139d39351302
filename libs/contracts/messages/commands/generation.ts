import { z } from 'zod';
import { covariateValuesSchema, guidanceSchema, seedSchema, solverSchema, whereSchema } from '../shapes';
import { count, fileName, problems, type CommandDefinition } from './command-definition';

/** From models to cells. */
export const generationCommands = {
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
      likeName: fileName.optional(),
      librarySizeName: fileName.optional(),
      splitName: fileName.optional(),
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
      likeName: fileName.optional(),
      librarySizeName: fileName.optional(),
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
} as const satisfies Readonly<Record<string, CommandDefinition>>;
