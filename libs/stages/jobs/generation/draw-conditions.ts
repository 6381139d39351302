import { CfgenError, type CommandData } from '@cfgen/contracts';
import { conditionsOf, type ConditionOptions } from '../../generate/conditions';
import type { LibrarySizeRequest } from '../../generate/library-sizes';
import { dataFile, inputOf, optionalDataFile } from '../contents/inputs';
import { modelDescriptionOf } from '../contents/model-blobs';
import { reported, type JobContext, type JobHandler, type JobRequest } from '../job-context';
import { readingOf } from '../reading';
import { putConditions } from './condition-shards';

/** Model and request -> labels and size factors of every cell, a shard a chunk. Needs no engine. */
export const drawConditionsJob: JobHandler<'DrawConditions'> = async (request, context) => {
  const { chunkCells } = request.data;
  const description = await modelDescriptionOf(context, inputOf(request, 'model'));
  const reading = readingOf(context);
  const { cells, source, problems } = await conditionsOf(await optionsOf(request, context), description, reading);
  const conditions = { description, source, cells, chunkCells, problems };
  return {
    data: { cells, chunks: Math.ceil(cells / chunkCells), problems: reported([...problems, ...reading.problems]) },
    outputs: [await putConditions(context, conditions, 'drawing conditions')],
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
