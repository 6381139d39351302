import { blobRefSchema, covariateValuesSchema, guidanceSchema, seedSchema, solverSchema, whereSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { chunkNodes, chunksInput, conditionInputs, type ChunkedCells } from './chunk-nodes';
import { blobInput, namedRefSchema, outputOf, type RunDefinition, type RunNode, type RunView } from './run-definition';

/** Cells in a chunk unless asked otherwise: a few seconds of work, a few MiB of counts. */
export const defaultChunkCells = 2048;

const factsSchema = z.object({
  /** Name of the file, without its ending. */
  name: z.string().min(1),
  modelId: z.string(),
  model: blobRefSchema,
  /** Left out: as many as `like` has. */
  cells: z.int().min(1).optional(),
  chunkCells: z.int().min(1),
  where: whereSchema,
  guidance: guidanceSchema,
  covariates: covariateValuesSchema.optional(),
  solver: solverSchema.optional(),
  librarySize: z.number().positive().optional(),
  like: namedRefSchema.optional(),
  split: namedRefSchema.optional(),
  librarySizes: namedRefSchema.optional(),
  seed: seedSchema,
  output: z.enum(['counts', 'means']),
  latents: z.boolean(),
  compression: z.enum(['gzip', 'none']),
  level: z.int().min(0).max(9).optional(),
  format: z.enum(['h5ad', 'zarr']).optional(),
  zarrFormat: z.union([z.literal(2), z.literal(3)]).optional(),
  profile: z.enum(['cellxgene']).optional(),
});
export type GenerateFacts = z.infer<typeof factsSchema>;

/**
 * From a model to a file of cells. The cells are cut into chunks, which any number of workers share; one chunk is decoded while the next
 * are sampled.
 */
export const generateRun: RunDefinition<GenerateFacts> = {
  type: 'generate',
  facts: factsSchema,
  lanes: 64,

  nodes(facts, view) {
    const chunks = chunkCount(facts, view);
    return [drawNode(facts), ...chunkNodes(chunkedCells(facts, chunks)), ...(chunks === 0 ? [] : [assembleNode(facts, chunks, view)])];
  },

  artifacts(facts, view) {
    const ref = outputOf(view, 'assemble-cells', 'generated');
    // Models of two modalities make MuData.
    const format = view.result('assemble-cells')?.data['format'];
    return ref === undefined ? [] : [{ name: `${facts.name}.${typeof format === 'string' ? format : 'h5ad'}`, ref }];
  },

  outcome: () => ({ kind: 'none' }),
};

/** What was drawn; before that, what will be if the request says so. */
function chunkCount(facts: GenerateFacts, view: RunView): number {
  const drawn = view.result('draw-conditions')?.data['chunks'];
  if (typeof drawn === 'number') return drawn;
  return facts.cells === undefined ? 0 : Math.ceil(facts.cells / facts.chunkCells);
}

function drawNode(facts: GenerateFacts): RunNode {
  return {
    key: 'draw-conditions',
    type: 'DrawConditions',
    data: {
      ...(facts.cells === undefined ? {} : { cells: facts.cells }),
      chunkCells: facts.chunkCells,
      where: facts.where,
      ...covariates(facts),
      ...sizes(facts),
      ...(facts.split === undefined ? {} : { splitName: facts.split.name }),
      seed: facts.seed,
    },
    inputs: [
      blobInput('model', facts.model),
      ...(facts.like === undefined ? [] : [blobInput('like', facts.like.ref)]),
      ...(facts.split === undefined ? [] : [blobInput('split', facts.split.ref)]),
      ...(facts.librarySizes === undefined ? [] : [blobInput('library-size', facts.librarySizes.ref)]),
    ],
    weight: 1,
  };
}

function covariates(facts: GenerateFacts): Readonly<Record<string, unknown>> {
  return facts.covariates === undefined ? {} : { covariates: facts.covariates };
}

function sizes(facts: GenerateFacts): Readonly<Record<string, unknown>> {
  return {
    ...(facts.librarySize === undefined ? {} : { librarySize: facts.librarySize }),
    ...(facts.like === undefined ? {} : { likeName: facts.like.name }),
    ...(facts.librarySizes === undefined ? {} : { librarySizeName: facts.librarySizes.name }),
  };
}

function solverOf(facts: GenerateFacts): Readonly<Record<string, unknown>> {
  return facts.solver === undefined ? {} : { solver: facts.solver };
}

function chunkedCells(facts: GenerateFacts, chunks: number): ChunkedCells {
  const { model, guidance, solver, output, seed } = facts;
  return { ...{ model, drawn: 'draw-conditions', chunks, guidance, output, seed }, ...(solver === undefined ? {} : { solver }) };
}

function assembleNode(facts: GenerateFacts, chunks: number, view: RunView): RunNode {
  const cells = chunkedCells(facts, chunks);
  return {
    key: 'assemble-cells',
    type: 'AssembleCells',
    data: {
      output: facts.output,
      latents: facts.latents,
      compression: facts.compression,
      ...(facts.level === undefined ? {} : { level: facts.level }),
      ...(facts.format === undefined ? {} : { format: facts.format }),
      ...(facts.zarrFormat === undefined ? {} : { zarrFormat: facts.zarrFormat }),
      ...(facts.profile === undefined ? {} : { profile: facts.profile }),
      seed: facts.seed,
      guidance: facts.guidance,
      ...solverOf(facts),
      where: facts.where,
      ...covariates(facts),
      ...sizes(facts),
      problems: view.result('draw-conditions')?.data['problems'] ?? [],
    },
    inputs: [...conditionInputs(cells), chunksInput(cells, view)],
    weight: 1 + chunks,
  };
}
