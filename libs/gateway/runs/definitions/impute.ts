import { z } from 'zod';
import { movedArtifacts, movedCellsFacts, movingNode } from './moved-cells';
import type { RunDefinition } from './run-definition';

const factsSchema = movedCellsFacts.extend({ noise: z.number().min(0) });
export type ImputeFacts = z.infer<typeof factsSchema>;

/** Expected counts of every gene of the cells of a data set: a file of imputed cells. */
export const imputeRun: RunDefinition<ImputeFacts> = {
  type: 'impute',
  facts: factsSchema,
  nodes: (facts) => [movingNode(facts, 'impute', 'ImputeCells')],
  artifacts: (facts, view) => movedArtifacts(facts, view, 'impute', 'imputed'),
  outcome: () => ({ kind: 'none' }),
};
