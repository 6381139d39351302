import type { BlobRef, Problem, Shard } from '@cfgen/contracts';
import { modelHash, type Conditions, type ConditionSource, type ModelDescription } from '@cfgen/model';
import { encodeSafetensors } from '@cfgen/tensors';
import { putContent, putJson } from '../contents/contents';
import { covariateTensor } from '../contents/covariates';
import type { JobContext } from '../job-context';
import { stopWhenAborted } from '../reading';

/** Conditions of the cells of a generation, and how they are shared out. */
export interface ConditionsToPut {
  readonly description: ModelDescription;
  readonly source: ConditionSource;
  readonly cells: number;
  readonly chunkCells: number;
  readonly problems: readonly Problem[];
}

/** Draws the conditions of all cells into the store, a shard a chunk. @param doing what is stopped on an abort */
export async function putConditions(context: JobContext, conditions: ConditionsToPut, doing: string): Promise<BlobRef> {
  const { description, source, cells, chunkCells, problems } = conditions;
  const shards: Shard[] = [];
  for (let start = 0; start < cells; start += chunkCells) {
    stopWhenAborted(context, doing);
    const drawn = source.draw(start, Math.min(chunkCells, cells - start));
    shards.push({ start, cells: drawn.cells, ref: await putShard(context, drawn) });
    context.progress({ stage: 'conditions', done: start + drawn.cells, total: cells, unit: 'cells' });
  }
  return putJson(context, 'conditions', 'cfgen.conditions.v1', {
    ...{ cells, chunkCells, shards, problems },
    attributes: description.attributes.map(({ name }) => name),
    ...(description.covariates.length === 0 ? {} : { covariates: description.covariates.map(({ name }) => name) }),
    modelSha256: modelHash(description),
  });
}

/** `size_factors`, `codes` and covariates of a chunk, as a shard of `cfgen.conditions.v1`. */
function putShard(context: JobContext, { cells, codes, sizeFactors, covariates }: Conditions): Promise<BlobRef> {
  const all = new Int32Array(codes.length * cells);
  codes.forEach((column, k) => all.set(column, k * cells));
  const bytes = encodeSafetensors([
    { name: 'size_factors', dtype: 'F64', shape: [cells], axes: ['cell'], data: sizeFactors },
    { name: 'codes', dtype: 'I32', shape: [codes.length, cells], axes: ['attribute', 'cell'], data: all },
    ...covariateTensor(covariates),
  ]);
  return putContent(context, 'conditions', 'cfgen.conditions-shard.v1', bytes);
}
