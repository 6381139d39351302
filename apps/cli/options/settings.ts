import { CfgenError } from '@cfgen/contracts';
import { modelSettingsSchema, preset, type ModelSettings } from '@cfgen/model';
import { pair } from './conditions';
import { nearest } from './nearest';
import { knownSettings, type KnownSetting } from './known-settings';
import { wholeNumber } from './numbers';

/** Settings as asked for on the command line. */
export interface SettingsRequest {
  readonly preset: string;
  /** Epochs of the autoencoder. */
  readonly epochs?: string;
  /** Steps of the flow. */
  readonly flowSteps?: string;
  /** Epochs without improvement after which the autoencoder stops, or `none`. */
  readonly patience?: string;
  /** `path=value` overrides; these win over the options above. */
  readonly set?: readonly string[];
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Fields = Record<string, unknown>;

/**
 * A preset with overrides, checked.
 * Errors: `REQUEST_INVALID` naming the path, the value, and for an unknown path the nearest known one.
 */
export function settingsOf(request: SettingsRequest): ModelSettings {
  const settings: Fields = preset(request.preset);
  const known = knownSettings();
  if (request.epochs !== undefined) assign(settings, known, 'autoencoder.epochs', wholeNumber('--epochs', request.epochs, { min: 1 }));
  if (request.patience !== undefined) {
    const patience = request.patience === 'none' ? null : wholeNumber('--patience', request.patience, { min: 1 });
    assign(settings, known, 'autoencoder.patience', patience);
  }
  if (request.flowSteps !== undefined) {
    assign(settings, known, 'flow.duration', { unit: 'steps', steps: wholeNumber('--flow-steps', request.flowSteps, { min: 1 }) });
  }
  const overrides = (request.set ?? []).map((text) => override(text, known));
  for (const { path, value } of overrides) assign(settings, known, path, value);
  return checked(settings, overrides);
}

interface Override {
  readonly path: string;
  readonly value: Json;
}

function override(text: string, known: ReadonlyMap<string, KnownSetting>): Override {
  const [path, written] = pair('--set', text, 'autoencoder.latent=50');
  if (path === 'preset') {
    throw new CfgenError('REQUEST_INVALID', '--set cannot change the preset', { hint: 'Choose it with --preset.' });
  }
  if (!known.has(path)) throw unknownPath(path, written, [...known.keys()]);
  return { path, value: parsed(written) };
}

/** JSON where it is JSON, otherwise the text as it is: `50`, `[512,256]`, `null`, `log1p`. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function unknownPath(path: string, value: string, known: readonly string[]): CfgenError {
  const near = nearest(path, known) ?? sameEnding(path, known);
  const group = known.filter((name) => name.startsWith(`${path.split('.')[0] ?? ''}.`)).slice(0, 8);
  const listed = group.length > 0 ? `Settings there: ${group.join(', ')} ...` : 'Settings begin with autoencoder, flow, priors or solver.';
  return new CfgenError('REQUEST_INVALID', `--set ${path}=${value}: there is no setting "${path}"`, {
    hint: near === undefined ? listed : `Did you mean ${near}?`,
    details: { option: '--set', path, value, nearest: near ?? null },
  });
}

/** Somebody who writes `latent` or `optimiser.learningRate` means the setting that ends so. */
function sameEnding(path: string, known: readonly string[]): string | undefined {
  return known.find((name) => name.toLowerCase().endsWith(`.${path.toLowerCase()}`));
}

/**
 * Puts a value in place. Where the group has variants told apart by one field (a solver's method, say), changing that field leaves out
 * what the new variant does not have.
 */
function assign(settings: Fields, known: ReadonlyMap<string, KnownSetting>, path: string, value: Json): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let group = settings;
  for (const name of names) group = fieldsOf(group[name]);
  group[last] = value;
  const variant = known.get(names.join('.'))?.variants?.find(({ tag, values }) => tag === last && values.includes(value));
  if (variant === undefined) return;
  for (const name of Object.keys(group)) if (!variant.fields.includes(name)) Reflect.deleteProperty(group, name);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function checked(settings: Fields, overrides: readonly Override[]): ModelSettings {
  const result = modelSettingsSchema.safeParse(settings);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const cause = blamed(overrides, where);
  const named = cause === undefined ? '' : `--set ${cause.path}=${written(cause.value)}: `;
  const missing = valueAt(settings, issue?.path ?? []) === undefined;
  throw new CfgenError('REQUEST_INVALID', `${named}${missing ? `${where} is missing` : `${where}: ${issue?.message ?? 'not usable'}`}`, {
    hint: missing
      ? `Give it too, by another --set ${where}=...`
      : 'Values are JSON: numbers as 50, lists as [512,256], words as they are. The model.json of a trained model shows all settings.',
    details: { option: '--set', path: where, value: cause?.value ?? null },
  });
}

/** The override that an unusable setting comes from: the last one at its place, or beside it. */
function blamed(overrides: readonly Override[], where: string): Override | undefined {
  const group = where.slice(0, where.lastIndexOf('.') + 1);
  return (
    overrides.findLast(({ path }) => where === path || where.startsWith(`${path}.`)) ??
    overrides.findLast(({ path }) => path.startsWith(group))
  );
}

function valueAt(settings: Fields, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, name) => fieldsOf(value)[String(name)], settings);
}

function written(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
