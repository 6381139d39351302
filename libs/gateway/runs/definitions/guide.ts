import { blobRefSchema, solverSchema, weightGridSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { blobInput, namedRefSchema, outputOf, type RunDefinition } from './run-definition';

const factsSchema = z.object({
  model: blobRefSchema,
  data: namedRefSchema,
  split: namedRefSchema.optional(),
  layer: z.string().optional(),
  grid: weightGridSchema,
  solver: solverSchema.optional(),
  settings: z.json(),
});
export type GuideFacts = z.infer<typeof factsSchema>;

const files = { scores: 'guidance.json', table: 'guidance.tsv', plot: 'guidance.svg' } as const;

/** Tries guidance weights on a model: all figures, a table and a plot. */
export const guideRun: RunDefinition<GuideFacts> = {
  type: 'guide',
  facts: factsSchema,

  nodes({ model, data, split, ...asked }) {
    return [
      {
        key: 'sweep-guidance',
        type: 'SweepGuidance',
        data: { fileName: data.name, ...(split === undefined ? {} : { splitName: split.name }), ...asked },
        inputs: [blobInput('model', model), blobInput('data', data.ref), ...(split === undefined ? [] : [blobInput('split', split.ref)])],
        weight: 1,
      },
    ];
  },

  artifacts(_facts, view) {
    return Object.entries(files).flatMap(([output, name]) => {
      const ref = outputOf(view, 'sweep-guidance', output);
      return ref === undefined ? [] : [{ name, ref }];
    });
  },

  outcome: () => ({ kind: 'none' }),
};
