import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError, type BlobRef, type CommandType } from '@cfgen/contracts';
import type { NamedFile } from '../../data/data-file';
import type { JobContext, JobRequest } from '../job-context';
import { whileMoving } from './moving';

type Inputs = Pick<JobRequest<CommandType>, 'type' | 'inputs'>;

/** @throws CfgenError MESSAGE_INVALID when the command came without it */
export function inputOf(request: Inputs, name: string): BlobRef {
  const ref = request.inputs.get(name);
  if (ref !== undefined) return ref;
  throw new CfgenError('MESSAGE_INVALID', `${request.type} lacks the reference ${name}`, { details: { type: request.type, name } });
}

/** A data file on this machine, under the name it was given. */
export async function dataFile(context: JobContext, ref: BlobRef, name: string): Promise<NamedFile> {
  mkdirSync(context.cacheFolder, { recursive: true });
  const path = join(context.cacheFolder, `${ref.sha256}${endingOf(name)}`);
  await whileMoving(context, 'fetch', ref.bytes, context.blobs.fetch(ref.sha256, path, context.signal));
  return { path, name };
}

/** The same for a reference that may be left out; empty then, so that it can be spread into options. */
export async function optionalDataFile<K extends string>(
  key: K,
  context: JobContext,
  ref: BlobRef | undefined,
  name: string,
): Promise<{ readonly [P in K]?: NamedFile }> {
  return ref === undefined ? {} : ({ [key]: await dataFile(context, ref, name) } as { readonly [P in K]?: NamedFile });
}

/** Any number of data files, `<kind>-0` and on, under their names. @throws CfgenError MESSAGE_INVALID when there are more or fewer than names */
export async function numberedFiles(request: Inputs, context: JobContext, kind: string, names: readonly string[]): Promise<NamedFile[]> {
  const given = [...request.inputs.keys()].filter((name) => name.startsWith(`${kind}-`)).length;
  if (given !== names.length) {
    throw new CfgenError('MESSAGE_INVALID', `there are ${given} ${kind} files, and ${names.length} names of them`);
  }
  const files: NamedFile[] = [];
  for (const [i, name] of names.entries()) files.push(await dataFile(context, inputOf(request, `${kind}-${i}`), name));
  return files;
}

/** What a file ends in, as far as it is harmless in the name of a file: `.h5ad`, `.h5ad.gz`, `.tsv`. */
function endingOf(name: string): string {
  return /(\.[A-Za-z0-9]{1,8}){1,2}$/.exec(name)?.[0] ?? '';
}
