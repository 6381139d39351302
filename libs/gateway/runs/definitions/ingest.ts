import { blobRefSchema, problemSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { blobInput, outputOf, type RunDefinition } from './run-definition';

const factsSchema = z.object({ dataSetId: z.string(), fileName: z.string(), data: blobRefSchema, layer: z.string().optional() });
export type IngestFacts = z.infer<typeof factsSchema>;

/** Looks into an uploaded file once, and says whether it can be used. Not listed among the runs: it belongs to its data set. */
export const ingestRun: RunDefinition<IngestFacts> = {
  type: 'ingest',
  facts: factsSchema,

  nodes(facts) {
    const data = { fileName: facts.fileName, ...(facts.layer === undefined ? {} : { layer: facts.layer }) };
    return [{ key: 'inspect-cells', type: 'InspectCells', data, inputs: [blobInput('data', facts.data)], weight: 1 }];
  },

  artifacts: () => [],

  outcome(facts, view) {
    const result = view.result('inspect-cells')?.data ?? {};
    const ref = outputOf(view, 'inspect-cells', 'inspection');
    const content = ref === undefined ? undefined : view.content(ref);
    const inspection = z.record(z.string(), z.unknown()).safeParse(content).data ?? {};
    const problems = z.array(problemSchema).safeParse(result['problems']).data ?? [];
    const worst = problems.find(({ severity }) => severity === 'error');
    if (worst === undefined) {
      // Where the file lay on the machine of the worker is nobody's business.
      const shown = 'path' in inspection ? { ...inspection, path: facts.fileName } : inspection;
      return { kind: 'data-set', id: facts.dataSetId, state: 'ready', summary: result, inspection: shown };
    }
    const error = {
      code: 'INPUT_UNSUPPORTED' as const,
      message: worst.message,
      ...(worst.hint === undefined ? {} : { hint: worst.hint }),
      retryable: false,
      details: { problem: worst.code },
    };
    return { kind: 'data-set', id: facts.dataSetId, state: 'refused', error };
  },

  failed: (facts, error) => ({ kind: 'data-set', id: facts.dataSetId, state: 'refused', error }),
};
