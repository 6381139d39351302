import { CfgenError } from '@cfgen/contracts';
import { z } from 'zod';

/**
 * What a checkpoint of the authors' code (https://github.com/theislab/CFGen) says besides its tensors, under the names it has there.
 * `tools/import/export-checkpoint.py` writes it.
 */
export const checkpointFactsSchema = z.object({
  format: z.literal('cfgen-checkpoint'),
  version: z.literal(1),
  modality_list: z.array(z.string()).min(1),
  is_binarized: z.boolean().default(false),
  /** How counts were brought to the encoder: a choice of the training configuration that no checkpoint holds. */
  normalization_type: z.enum(['log_gexp', 'proportions', 'log_gexp_scaled']).default('log_gexp'),
  encoder: z.object({
    activation: z.string().default('ELU'),
    final_activation: z.string().nullable().default(null),
    covariate_specific_theta: z.boolean().default(false),
  }),
  flow: z.object({
    conditional: z.boolean().default(true),
    guided_conditioning: z.boolean().default(true),
    conditioning_probability: z.number().min(0).max(1).default(0.8),
    /** Range of ln l over the training cells. */
    size_factor_min: z.number().nullable().default(null),
    size_factor_max: z.number().nullable().default(null),
    sigma: z.number().min(0).lt(1).default(1e-4),
    use_ot: z.boolean().default(false),
  }),
  /** Columns the flow was conditioned on, in order. */
  covariate_list: z.array(z.string()),
  guidance_weights: z.record(z.string(), z.number().min(0)).nullable().default(null),
  /** Genes in the order of the tensors. Left out: those of the data, in its order. */
  genes: z.array(z.string()).min(1).optional(),
  /** Values of each column in the order of their codes. Left out: those of the data, sorted. */
  categories: z.record(z.string(), z.array(z.string()).min(1)).optional(),
});
export type CheckpointFacts = z.infer<typeof checkpointFactsSchema>;

/** @param source what the JSON is, for messages. @throws CfgenError INPUT_DAMAGED (no JSON), INPUT_FORMAT (another shape) */
export function parseCheckpointFacts(text: string, source: string): CheckpointFacts {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CfgenError('INPUT_DAMAGED', `${source} is not valid JSON`, { hint: exportHint, details: { source }, cause });
  }
  const parsed = checkpointFactsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw new CfgenError('INPUT_FORMAT', `${source} does not describe a checkpoint: ${where}: ${issue?.message ?? 'unreadable'}`, {
    hint: exportHint,
    details: { source, field: where },
  });
}

export const exportHint = 'Write it with tools/import/export-checkpoint.py; docs/guide/import.md shows how.';
