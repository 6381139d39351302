import { existsSync, readFileSync } from 'node:fs';
import { CfgenError } from '@cfgen/contracts';
import { parse } from 'yaml';
import { configurationSchema, environmentVariables, type Configuration } from './configuration';

/** Where the configuration file lies unless `CFGEN_CONFIG` names another. */
const defaultFile = 'cfgen.config.yaml';

type Tree = { [name: string]: unknown };

/** Settings by path, such as `{ 'http.port': 9000 }`: what the command line says. */
export type Flags = Readonly<Record<string, string | number | undefined>>;

/**
 * The configuration: defaults, then the file, then `CFGEN_*` variables, then flags; checked as a whole.
 *
 * @throws CfgenError CONFIGURATION_INVALID naming the setting, where it comes from, and what is wrong with it
 */
export function loadConfiguration(environment: Readonly<Record<string, string | undefined>>, flags: Flags = {}): Configuration {
  const tree: Tree = {};
  const sources = new Map<string, string>();
  const set = (path: readonly string[], value: unknown, source: string): void => {
    let place = tree;
    for (const name of path.slice(0, -1)) {
      const next = place[name];
      if (typeof next !== 'object' || next === null || Array.isArray(next)) place[name] = {};
      place = place[name] as Tree;
    }
    const last = path.at(-1);
    if (last !== undefined) place[last] = value;
    sources.set(path.join('.'), source);
  };

  const file = environment['CFGEN_CONFIG'] ?? defaultFile;
  if (environment['CFGEN_CONFIG'] !== undefined || existsSync(file)) {
    for (const [path, value] of leaves(readTree(file))) set(path, value, file);
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith('CFGEN_') || otherVariables.includes(variable)) continue;
    const fromFile = variable.endsWith('_FILE');
    const name = fromFile ? variable.slice(0, -'_FILE'.length) : variable;
    const path = environmentVariables[name];
    if (path === undefined) throw unknownVariable(variable);
    set(path, fromFile ? readSecret(variable, value) : value, variable);
  }
  for (const [path, value] of Object.entries(flags)) if (value !== undefined) set(path.split('.'), value, 'the command line');

  const parsed = configurationSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.map((key) => [...(issue.path as string[]), key].join('.')) : undefined;
  const setting = keys?.[0] ?? path;
  const source = sources.get(setting);
  throw new CfgenError(
    'CONFIGURATION_INVALID',
    keys === undefined
      ? `the setting ${setting}${source === undefined ? '' : ` (from ${source})`}: ${issue?.message ?? 'is not valid'}`
      : `there is no setting ${setting}${source === undefined ? '' : ` (from ${source})`}`,
    { hint: hintFor(setting), details: { setting, source: source ?? null } },
  );
}

/** Variables of the command line and of this module itself. */
const otherVariables = ['CFGEN_CONFIG', 'CFGEN_SERVER', 'CFGEN_TOKEN', 'CFGEN_COMPUTE'];

function hintFor(setting: string): string {
  const variable = Object.entries(environmentVariables).find(([, path]) => path.join('.') === setting)?.[0];
  return variable === undefined ? 'docs/operations/running.md lists every setting.' : `Set ${variable}, or ${setting} in ${defaultFile}.`;
}

function unknownVariable(variable: string): CfgenError {
  return new CfgenError('CONFIGURATION_INVALID', `there is no setting for the variable ${variable}`, {
    hint: `The variables are: ${Object.keys(environmentVariables).join(', ')}.`,
    details: { variable },
  });
}

function readTree(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw new CfgenError(
      'CONFIGURATION_INVALID',
      `${file} cannot be read as YAML: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        details: { file },
        cause,
      },
    );
  }
}

function readSecret(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CfgenError('CONFIGURATION_INVALID', `${variable} names the file ${file}, which cannot be read`, {
      details: { variable, file },
      cause,
    });
  }
}

/** Every value of a tree with its path; lists are values. */
function* leaves(tree: unknown, path: readonly string[] = []): Generator<[readonly string[], unknown]> {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    yield [path, tree];
    return;
  }
  for (const [name, value] of Object.entries(tree)) yield* leaves(value, [...path, name]);
}
