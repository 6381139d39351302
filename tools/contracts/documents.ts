import { readdir, readFile } from 'node:fs/promises';
import { cancelJobsType, commandTypes, messageJsonSchemas, openApiDocument } from '@cfgen/contracts';
import { format, resolveConfig } from 'prettier';
import { asyncApiDocument } from './asyncapi';
import { clientSource } from './client/source';
import { channelBreaks, messageBreaks } from './compatibility/messages';
import { openApiBreaks } from './compatibility/openapi';
import { isSchema, type Direction, type Schema } from './compatibility/schemas';

/** Texts by their paths from the root of the workspace. */
export type Files = ReadonlyMap<string, string>;

const folder = 'docs/contracts/';
const messageFolder = `${folder}messages/`;
const openApiPath = `${folder}openapi.json`;
const asyncApiPath = `${folder}asyncapi.json`;
const clientPath = 'libs/client/generated.ts';

/** Every file that is made from the contracts, as it has to be. */
export async function wantedFiles(root: string, version: string): Promise<Files> {
  const openApi = openApiDocument(version);
  const config = await resolveConfig(root + clientPath);
  const client = await format(clientSource(openApi as unknown as Schema), { ...config, parser: 'typescript' });
  return new Map([
    [openApiPath, jsonText(openApi)],
    [asyncApiPath, jsonText(asyncApiDocument(version))],
    ...Object.entries(messageJsonSchemas()).map(([type, schema]) => [`${messageFolder}${type}.json`, jsonText(schema)] as const),
    [clientPath, client],
  ]);
}

/** The same files as they are now; one that is not there is left out. */
export async function presentFiles(root: string): Promise<Files> {
  const messages = await readdir(root + messageFolder).catch(nothingThere);
  const paths = [openApiPath, asyncApiPath, clientPath, ...messages.toSorted().map((name) => messageFolder + name)];
  const present = new Map<string, string>();
  for (const path of paths) {
    const text = await readFile(root + path, 'utf8').catch(notThere);
    if (text !== undefined) present.set(path, text);
  }
  return present;
}

/** What the new files break for those who rely on the present ones, one line each. */
export function breaksOf(present: Files, wanted: Files): string[] {
  const both = (path: string, compare: (old: Schema, now: Schema) => string[]): string[] => {
    const [old, now] = [present.get(path), wanted.get(path)];
    return old === undefined || now === undefined ? [] : compare(parsed(path, old), parsed(path, now));
  };
  return [
    ...both(openApiPath, openApiBreaks),
    ...both(asyncApiPath, channelBreaks),
    ...messageBreaks(messagesOf(present), messagesOf(wanted), directionsOf),
  ];
}

/** Paths of files that are not as they have to be: they differ, are missing, or are too many. */
export function outdated(present: Files, wanted: Files): string[] {
  const paths = [...new Set([...wanted.keys(), ...present.keys()])];
  return paths.filter((path) => present.get(path) !== wanted.get(path));
}

function messagesOf(files: Files): Record<string, Schema> {
  return Object.fromEntries(
    [...files]
      .filter(([path]) => path.startsWith(messageFolder))
      .map(([path, text]) => [path.slice(messageFolder.length).replace(/[.]json$/, ''), parsed(path, text)]),
  );
}

function directionsOf(type: string): readonly Direction[] {
  if (type === 'envelope') return ['accepted', 'produced'];
  return type === cancelJobsType || commandTypes.some((command) => command === type) ? ['accepted'] : ['produced'];
}

function parsed(path: string, text: string): Schema {
  const value: unknown = JSON.parse(text);
  if (!isSchema(value)) throw new Error(`${path} is not a JSON object`);
  return value;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function notThere(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function nothingThere(error: unknown): string[] {
  notThere(error);
  return [];
}
