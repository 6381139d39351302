import { z } from 'zod';
import { movedArtifacts, movedCellsFacts, movingNode } from './moved-cells';
import type { RunDefinition } from './run-definition';

const factsSchema = movedCellsFacts.extend({ batch: z.string().optional(), reference: z.string().optional(), means: z.boolean() });
export type CorrectFacts = z.infer<typeof factsSchema>;

/** Cells of several batches brought into one: a file of corrected cells. */
export const correctRun: RunDefinition<CorrectFacts> = {
  type: 'correct',
  facts: factsSchema,
  nodes: (facts) => [movingNode(facts, 'correct', 'CorrectCells')],
  artifacts: (facts, view) => movedArtifacts(facts, view, 'correct', 'corrected'),
  outcome: () => ({ kind: 'none' }),
};
