import { blobRefSchema, guidanceSchema, seedSchema, solverSchema, type CommandType } from '@cfgen/contracts';
import { z } from 'zod';
import { blobInput, namedRefSchema, outputOf, type RunArtifact, type RunNode, type RunView } from './run-definition';

/** Facts that correction and imputation share. */
export const movedCellsFacts = z.object({
  model: blobRefSchema,
  data: namedRefSchema,
  split: namedRefSchema.optional(),
  part: z.enum(['train', 'test']),
  layer: z.string().optional(),
  missing: z.enum(['refuse', 'keep']),
  guidance: guidanceSchema,
  solver: solverSchema.optional(),
  bound: z.number().optional(),
  compression: z.enum(['gzip', 'none']),
  level: z.int().min(0).max(9).optional(),
  format: z.enum(['h5ad', 'zarr']).optional(),
  seed: seedSchema,
});
export type MovedCellsFacts = z.infer<typeof movedCellsFacts>;

/** The one job of such a run. */
export function movingNode({ model, data, split, part, ...asked }: MovedCellsFacts, key: string, type: CommandType): RunNode {
  return {
    key,
    type,
    data: { fileName: data.name, ...(split === undefined ? {} : { splitName: split.name, part }), ...asked },
    inputs: [blobInput('model', model), blobInput('data', data.ref), ...(split === undefined ? [] : [blobInput('split', split.ref)])],
    weight: 1,
  };
}

/** The file it made. */
export function movedArtifacts({ format }: MovedCellsFacts, view: RunView, key: string, output: string): RunArtifact[] {
  const ref = outputOf(view, key, output);
  return ref === undefined ? [] : [{ name: `${output}.${format === 'zarr' ? 'zarr.zip' : 'h5ad'}`, ref }];
}
