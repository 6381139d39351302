import { modelSettingsSchema } from './model-settings';

/** One way a group of settings can be: `tag` holds one of `values`, and these are its fields. */
export interface SettingVariant {
  readonly tag: string;
  readonly values: readonly unknown[];
  readonly fields: readonly string[];
}

export interface KnownSetting {
  /** Of a group that comes in variants, such as the solver by method. */
  readonly variants?: readonly SettingVariant[];
}

/** The part of JSON Schema that settings are described by. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
}

/** Every path that a change may name, groups included, taken from the schema of the settings. */
export function knownSettings(): ReadonlyMap<string, KnownSetting> {
  const known = new Map<string, KnownSetting>();
  collect(modelSettingsSchema.toJSONSchema({ io: 'input' }) as Schema, '', known);
  known.delete('');
  known.delete('preset');
  return known;
}

function collect(schema: Schema, path: string, known: Map<string, KnownSetting>): void {
  const alternatives = schema.oneOf ?? [];
  known.set(path, alternatives.length > 0 ? { variants: alternatives.flatMap(variantOf) } : {});
  for (const alternative of [schema, ...alternatives]) {
    for (const [name, property] of Object.entries(alternative.properties ?? {})) {
      collect(property, path === '' ? name : `${path}.${name}`, known);
    }
  }
}

/** The field with a fixed value is what tells a variant from its siblings. */
function variantOf({ properties = {} }: Schema): SettingVariant[] {
  const fields = Object.keys(properties);
  const tag = fields.find((name) => properties[name]?.const !== undefined || properties[name]?.enum !== undefined);
  if (tag === undefined) return [];
  const { const: only, enum: several } = properties[tag] ?? {};
  return [{ tag, values: several ?? [only], fields }];
}
