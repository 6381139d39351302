import { CfgenError, type CommandData, type Shard } from '@cfgen/contracts';
import { modelHash, type Conditions } from '@cfgen/model';
import { encodeSafetensors } from '@cfgen/tensors';
import { conditionsOf, type ConditionOptions } from '../../generate/conditions';
import type { LibrarySizeRequest } from '../../generate/library-sizes';
import { putContent, putJson } from '../contents/contents';
import { covariateTensor } from '../contents/covariates';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobContext, type JobHandler, type JobRequest } from '../job-context';
import { readingOf, stopWhenAborted } from '../reading';

/** Model and request -> labels and size factors of every cell, a shard a chunk. Needs no engine. */
export const drawConditionsJob: JobHandler<'DrawConditions'> = async (request, context) => {
  const { chunkCells } = request.data;
  const description = await modelDescriptionOf(context, inputOf(request, 'model'));
  const reading = readingOf(context);
  const { cells, source, problems } = await conditionsOf(await optionsOf(request, context), description, reading);
  const shards: Shard[] = [];
  for (let start = 0; start < cells; start += chunkCells) {
    stopWhenAborted(context, 'drawing conditions');
    const conditions = source.draw(start, Math.min(chunkCells, cells - start));
    shards.push({ start, cells: conditions.cells, ref: await putShard(context, conditions) });
    context.progress({ stage: 'conditions', done: start + conditions.cells, total: cells, unit: 'cells' });
  }
  const manifest = {
    ...{ cells, chunkCells, shards, problems },
    attributes: description.attributes.map(({ name }) => name),
    ...(description.covariates.length === 0 ? {} : { covariates: description.covariates.map(({ name }) => name) }),
    modelSha256: modelHash(description),
  };
  return {
    data: { cells, chunks: shards.length, problems: reported([...problems, ...reading.problems]) },
    outputs: [await putJson(context, 'conditions', 'cfgen.conditions.v1', manifest)],
  };
};

async function optionsOf(request: JobRequest<'DrawConditions'>, context: JobContext): Promise<ConditionOptions> {
  const { cells, where, covariates = {}, seed, likeName, splitName } = request.data;
  const { inputs } = request;
  return {
    ...{ seed, where: whereOf(where), covariates: new Map(Object.entries(covariates)) },
    ...(cells === undefined ? {} : { cells }),
    ...(await optionalDataFile('like', context, inputs.get('like'), likeName ?? 'like.h5ad')),
    ...(await optionalDataFile('split', context, inputs.get('split'), splitName ?? 'split.tsv')),
    librarySize: await librarySizeOf(request.data, request, context),
  };
}

async function librarySizeOf(
  data: CommandData<'DrawConditions'>,
  { inputs }: JobRequest<'DrawConditions'>,
  context: JobContext,
): Promise<LibrarySizeRequest> {
  const ref = inputs.get('library-size');
  if (ref === undefined) return data.librarySize === undefined ? { kind: 'prior' } : { kind: 'fixed', value: data.librarySize };
  if (data.librarySize === undefined) {
    return { kind: 'file', file: await dataFile(context, ref, data.librarySizeName ?? 'library-size.h5ad') };
  }
  throw new CfgenError('REQUEST_INVALID', 'library sizes are asked for as a number and as a file', { hint: 'Give one of the two.' });
}

export function whereOf(where: Readonly<Record<string, readonly string[]>>): Map<string, readonly string[]> {
  return new Map(Object.entries(where));
}

/** `size_factors`, `codes` and covariates of a chunk, as a shard of `cfgen.conditions.v1`. */
export function putShard(context: JobContext, { cells, codes, sizeFactors, covariates }: Conditions): Promise<Shard['ref']> {
  const all = new Int32Array(codes.length * cells);
  codes.forEach((column, k) => all.set(column, k * cells));
  const bytes = encodeSafetensors([
    { name: 'size_factors', dtype: 'F64', shape: [cells], axes: ['cell'], data: sizeFactors },
    { name: 'codes', dtype: 'I32', shape: [codes.length, cells], axes: ['attribute', 'cell'], data: all },
    ...covariateTensor(covariates),
  ]);
  return putContent(context, 'conditions', 'cfgen.conditions-shard.v1', bytes);
}
