import { blobRefSchema, guidanceSchema, seedSchema, solverSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { chunkNodes, chunksInput, conditionInputs, type ChunkedCells } from './chunk-nodes';
import {
  blobInput,
  namedRefSchema,
  outputInput,
  outputOf,
  type NodeInput,
  type RunArtifact,
  type RunDefinition,
  type RunNode,
  type RunView,
} from './run-definition';

const factsSchema = z.object({
  modelId: z.string(),
  model: blobRefSchema,
  data: namedRefSchema,
  split: namedRefSchema.optional(),
  layer: z.string().optional(),
  label: z.string(),
  by: z.string().optional(),
  target: z.int().min(1),
  maxFactor: z.number().min(0),
  minSupport: z.int().min(0),
  guidance: guidanceSchema,
  solver: solverSchema.optional(),
  compression: z.enum(['gzip', 'none']),
  level: z.int().min(0).max(9).optional(),
  seed: seedSchema,
  chunkCells: z.int().min(1),
  /** How the first augmentations are judged; left out: they are not. */
  evaluation: z.object({ replicates: z.int().min(1).max(32), neighbours: z.int().min(1) }).optional(),
});
export type AugmentFacts = z.infer<typeof factsSchema>;

/**
 * From a model and real cells to real and generated cells in one file. Each replicate is planned, generated in chunks and put together as a
 * generation is; all of them are judged together.
 */
export const augmentRun: RunDefinition<AugmentFacts> = {
  type: 'augment',
  facts: factsSchema,
  lanes: 64,

  nodes(facts, view) {
    const replicates = Array.from({ length: facts.evaluation?.replicates ?? 1 }, (_, r) => r);
    const chunks = replicates.map((r) => chunkCount(view, r));
    const starts = chunks.map((_, r) => chunks.slice(0, r).reduce((sum, some) => sum + some, 0));
    const planned = !chunks.includes(0);
    return [
      ...replicates.map((r) => planNode(facts, r)),
      // Lanes are numbered once all plans are there, so that no node that was named changes.
      ...(planned ? replicates.flatMap((r) => replicateNodes(facts, view, r, chunks[r] ?? 0, starts[r] ?? 0)) : []),
      ...(planned && facts.evaluation !== undefined ? [evaluateNode(facts, facts.evaluation, replicates)] : []),
    ];
  },

  artifacts(_facts, view) {
    const files: [string, string, string][] = [
      ['augmented.h5ad', assembleKey(0), 'augmented'],
      ['plan.json', planKey(0), 'plan'],
      ['augmentation.json', 'evaluate', 'metrics'],
      ['augmentation.html', 'evaluate', 'report'],
    ];
    return files.flatMap(([name, step, output]): RunArtifact[] => {
      const ref = outputOf(view, step, output);
      return ref === undefined ? [] : [{ name, ref }];
    });
  },

  outcome: () => ({ kind: 'none' }),
};

const planKey = (r: number): string => `plan/${r}`;
const assembleKey = (r: number): string => `assemble/${r}`;

function chunkCount(view: RunView, r: number): number {
  const chunks = view.result(planKey(r))?.data['chunks'];
  return typeof chunks === 'number' ? chunks : 0;
}

/** The real cells, as every step that reads them is told of them. */
function realCells({ data, split, layer }: AugmentFacts): {
  readonly names: Readonly<Record<string, unknown>>;
  readonly inputs: readonly NodeInput[];
} {
  return {
    names: {
      fileName: data.name,
      ...(split === undefined ? {} : { splitName: split.name }),
      ...(layer === undefined ? {} : { layer }),
    },
    inputs: [blobInput('data', data.ref), ...(split === undefined ? [] : [blobInput('split', split.ref)])],
  };
}

function planNode(facts: AugmentFacts, r: number): RunNode {
  const { label, by, target, maxFactor, minSupport, chunkCells } = facts;
  const { names, inputs } = realCells(facts);
  return {
    key: planKey(r),
    type: 'PlanAugmentation',
    data: {
      ...names,
      ...{ label, target, maxFactor, minSupport, chunkCells, seed: facts.seed + r },
      ...(by === undefined ? {} : { by }),
    },
    inputs: [blobInput('model', facts.model), ...inputs],
    weight: 1,
  };
}

function replicateNodes(facts: AugmentFacts, view: RunView, r: number, chunks: number, firstLane: number): RunNode[] {
  const seed = facts.seed + r;
  const { model, guidance } = facts;
  const solver = facts.solver === undefined ? {} : { solver: facts.solver };
  const cells: ChunkedCells = {
    ...{ model, drawn: planKey(r), series: `${r}/`, firstLane, chunks, guidance, ...solver, output: 'counts', seed },
  };
  const { names, inputs } = realCells(facts);
  return [
    ...chunkNodes(cells),
    {
      key: assembleKey(r),
      type: 'AssembleAugmented',
      data: {
        ...names,
        compression: r === 0 ? facts.compression : 'none',
        ...(facts.level === undefined ? {} : { level: facts.level }),
        ...{ seed, guidance, ...solver },
      },
      inputs: [...conditionInputs(cells), outputInput(planKey(r), 'plan'), chunksInput(cells, view), ...inputs],
      weight: 1 + chunks,
    },
  ];
}

function evaluateNode(
  facts: AugmentFacts,
  { neighbours }: NonNullable<AugmentFacts['evaluation']>,
  replicates: readonly number[],
): RunNode {
  const { names, inputs } = realCells(facts);
  return {
    key: 'evaluate',
    type: 'EvaluateAugmentation',
    data: { ...names, label: facts.label, neighbours, seed: facts.seed, augmentedNames: replicates.map((r) => `augmented-${r}.h5ad`) },
    inputs: [
      ...inputs,
      ...replicates.map((r): NodeInput => ({ kind: 'output', step: assembleKey(r), output: 'augmented', name: `augmented-${r}` })),
      blobInput('model', facts.model),
    ],
    weight: 10 * replicates.length,
  };
}
