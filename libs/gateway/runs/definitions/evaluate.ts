import { blobRefSchema } from '@cfgen/contracts';
import { z } from 'zod';
import { blobInput, namedRefSchema, outputOf, type RunDefinition } from './run-definition';

const factsSchema = z.object({
  real: namedRefSchema,
  generated: z.array(namedRefSchema).min(1).max(32),
  training: namedRefSchema.optional(),
  split: namedRefSchema.optional(),
  model: blobRefSchema.optional(),
  label: z.string().optional(),
  donor: z.string().optional(),
  layer: z.string().optional(),
  settings: z.json(),
});
export type EvaluateFacts = z.infer<typeof factsSchema>;

/** Judges generated cells by real ones: figures and a report. */
export const evaluateRun: RunDefinition<EvaluateFacts> = {
  type: 'evaluate',
  facts: factsSchema,

  nodes(facts) {
    return [
      {
        key: 'evaluate-cells',
        type: 'EvaluateCells',
        data: {
          ...(facts.label === undefined ? {} : { label: facts.label }),
          ...(facts.donor === undefined ? {} : { donor: facts.donor }),
          ...(facts.layer === undefined ? {} : { layer: facts.layer }),
          realName: facts.real.name,
          generatedNames: facts.generated.map(({ name }) => name),
          ...(facts.training === undefined ? {} : { trainingName: facts.training.name }),
          ...(facts.split === undefined ? {} : { splitName: facts.split.name }),
          settings: facts.settings,
        },
        inputs: [
          blobInput('real', facts.real.ref),
          ...facts.generated.map(({ ref }, i) => blobInput(`generated-${i}`, ref)),
          ...(facts.training === undefined ? [] : [blobInput('training', facts.training.ref)]),
          ...(facts.split === undefined ? [] : [blobInput('split', facts.split.ref)]),
          ...(facts.model === undefined ? [] : [blobInput('model', facts.model)]),
        ],
        weight: 1,
      },
    ];
  },

  artifacts(_facts, view) {
    const metrics = outputOf(view, 'evaluate-cells', 'metrics');
    const report = outputOf(view, 'evaluate-cells', 'report');
    return [
      ...(metrics === undefined ? [] : [{ name: 'metrics.json', ref: metrics }]),
      ...(report === undefined ? [] : [{ name: 'report.html', ref: report }]),
    ];
  },

  outcome: () => ({ kind: 'none' }),
};
