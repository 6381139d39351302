import { CfgenError } from '@cfgen/contracts';
import { knownSettings, type KnownSetting } from './known-settings';
import { multimodalPreset } from './complete-settings';
import { modelSettingsSchema, type ModelSettings } from './model-settings';
import { nearest } from './nearest';
import { preset } from './presets';

export type SettingValue = string | number | boolean | null | readonly SettingValue[] | { readonly [key: string]: SettingValue };

/** Settings as somebody asks for them: a preset, and what is to be different. */
export interface SettingsChoice {
  readonly preset: string;
  /** Epochs of the autoencoder. */
  readonly epochs?: number | undefined;
  /** Steps of the flow. */
  readonly flowSteps?: number | undefined;
  /** Epochs without improvement after which the autoencoder stops; null: never. */
  readonly patience?: number | null | undefined;
  /** Values by path, such as `autoencoder.latent`; these win over the choices above, later ones over earlier ones. */
  readonly changes?: Readonly<Record<string, SettingValue>> | undefined;
}

type Fields = Record<string, unknown>;

/**
 * A preset with changes, checked.
 *
 * @throws CfgenError REQUEST_INVALID naming the path and the value, for an unknown path also the nearest known one. `details.path`: where;
 * `details.change`: the path of the change that is to blame, or null; `details.missing`: whether a setting is missing there
 */
export function settingsFrom(choice: SettingsChoice): ModelSettings {
  const settings: Fields = preset(choice.preset);
  const known = knownSettings();
  const { epochs, flowSteps, patience, changes = {} } = choice;
  if (epochs !== undefined) assign(settings, known, 'autoencoder.epochs', epochs);
  if (patience !== undefined) assign(settings, known, 'autoencoder.patience', patience);
  if (flowSteps !== undefined) assign(settings, known, 'flow.duration', { unit: 'steps', steps: flowSteps });
  // What concerns a second modality is part of the settings only where it is asked for, or where there are such data.
  if (Object.keys(changes).some((path) => path.startsWith('multimodal.'))) settings['multimodal'] = multimodalPreset(choice.preset);
  for (const [path, value] of Object.entries(changes)) {
    if (path === 'preset') {
      throw new CfgenError('REQUEST_INVALID', 'the preset cannot be changed by its path', {
        hint: 'Choose it as preset.',
        details: { path, change: path, value },
      });
    }
    if (!known.has(path)) throw unknownPath(path, value, [...known.keys()]);
    assign(settings, known, path, value);
  }
  return checked(settings, changes);
}

function unknownPath(path: string, value: SettingValue, known: readonly string[]): CfgenError {
  const near = nearest(path, known) ?? sameEnding(path, known);
  const group = known.filter((name) => name.startsWith(`${path.split('.')[0] ?? ''}.`)).slice(0, 8);
  const listed =
    group.length > 0 ? `Settings there: ${group.join(', ')} ...` : 'Settings begin with autoencoder, multimodal, flow, priors or solver.';
  return new CfgenError('REQUEST_INVALID', `there is no setting "${path}"`, {
    hint: near === undefined ? listed : `Did you mean ${near}?`,
    details: { path, change: path, value, nearest: near ?? null },
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
function assign(settings: Fields, known: ReadonlyMap<string, KnownSetting>, path: string, value: SettingValue): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let group = settings;
  for (const name of names) group = fieldsOf(group[name]);
  group[last] = structuredClone(value);
  const variant = known.get(names.join('.'))?.variants?.find(({ tag, values }) => tag === last && values.includes(value));
  if (variant === undefined) return;
  for (const name of Object.keys(group)) if (!variant.fields.includes(name)) Reflect.deleteProperty(group, name);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function checked(settings: Fields, changes: Readonly<Record<string, SettingValue>>): ModelSettings {
  const result = modelSettingsSchema.safeParse(settings);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const change = blamed(Object.keys(changes), where);
  const missing = valueAt(settings, issue?.path ?? []) === undefined;
  throw new CfgenError('REQUEST_INVALID', missing ? `${where} is missing` : `${where}: ${issue?.message ?? 'not usable'}`, {
    hint: missing
      ? `Give ${where} too.`
      : 'Values are JSON: numbers as 50, lists as [512,256], words as they are. The model.json of a trained model shows all settings.',
    details: { path: where, change: change ?? null, value: change === undefined ? null : (changes[change] ?? null), missing },
  });
}

/** The change that an unusable setting comes from: the last one at its place, or beside it. */
function blamed(paths: readonly string[], where: string): string | undefined {
  const group = where.slice(0, where.lastIndexOf('.') + 1);
  return paths.findLast((path) => where === path || where.startsWith(`${path}.`)) ?? paths.findLast((path) => path.startsWith(group));
}

function valueAt(settings: Fields, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, name) => fieldsOf(value)[String(name)], settings);
}
