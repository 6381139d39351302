import { whereSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { blobInput, namedRefSchema, outputOf, type RunDefinition } from './run-definition';

const factsSchema = z.object({
  data: namedRefSchema,
  label: z.string(),
  batch: z.string(),
  embeddings: z.array(z.string()).min(1),
  before: z.string(),
  layer: z.string().optional(),
  exclude: whereSchema,
  unlabelled: z.array(z.string()),
  minMax: z.boolean(),
  settings: z.json(),
});
export type IntegrationFacts = z.infer<typeof factsSchema>;

/** Scores the embeddings of a data set: all figures, and a table. */
export const integrationRun: RunDefinition<IntegrationFacts> = {
  type: 'integration',
  facts: factsSchema,

  nodes({ data, ...asked }) {
    return [
      {
        key: 'score-integration',
        type: 'ScoreIntegration',
        data: { fileName: data.name, ...asked },
        inputs: [blobInput('data', data.ref)],
        weight: 1,
      },
    ];
  },

  artifacts(_facts, view) {
    const scores = outputOf(view, 'score-integration', 'scores');
    const table = outputOf(view, 'score-integration', 'table');
    return [
      ...(scores === undefined ? [] : [{ name: 'integration.json', ref: scores }]),
      ...(table === undefined ? [] : [{ name: 'integration.tsv', ref: table }]),
    ];
  },

  outcome: () => ({ kind: 'none' }),
};
