import fc from 'fast-check';
import { resolved, type ApiDocument, type Schema } from './api-document';

/** What values are made for. */
export interface World {
  readonly document: ApiDocument;
  /** Ids that exist on the server. */
  readonly ids: readonly string[];
}

const safePattern = (pattern: string): fc.Arbitrary<string> | null => {
  try {
    return fc.stringMatching(new RegExp(pattern, 'u'));
  } catch {
    // Look-aheads and classes of Unicode properties are not generated from.
    return null;
  }
};

const numberOf = (schema: Schema, name: string): number | undefined => {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
};

/**
 * Values that mostly fit a schema: right in type, range and form where these can be made, so that requests get past the first check.
 * Where a form cannot be made (a pattern with a look-ahead), a plain word stands in.
 */
export function fittingValues(world: World, given: Schema, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(world.document, given);
  const variants = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(variants)) return fc.oneof(...(variants as Schema[]).map((variant) => fittingValues(world, variant, depth)));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (depth > 6) return fc.constant(null);
  switch (schema['type']) {
    case 'object':
      return fittingObjects(world, schema, depth);
    case 'array': {
      // A tuple: a schema for each place, and `items: false` for there is no more.
      if (Array.isArray(schema['prefixItems'])) {
        return fc.tuple(...(schema['prefixItems'] as Schema[]).map((place) => fittingValues(world, place, depth + 1)));
      }
      const minLength = numberOf(schema, 'minItems') ?? 0;
      const maxLength = Math.max(minLength, Math.min(numberOf(schema, 'maxItems') ?? 3, 3));
      return fc.array(fittingValues(world, (schema['items'] ?? {}) as Schema, depth + 1), { minLength, maxLength });
    }
    case 'integer':
      return fc.integer({
        min: Math.max(numberOf(schema, 'minimum') ?? -1000, -(2 ** 31)),
        // Small, so that what a request asks for is soon done.
        max: Math.min(numberOf(schema, 'maximum') ?? 1000, 1000),
      });
    case 'number':
      return fc.double({
        min: numberOf(schema, 'minimum') ?? numberOf(schema, 'exclusiveMinimum') ?? -1000,
        max: Math.min(numberOf(schema, 'maximum') ?? 1000, 1000),
        noNaN: true,
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return fittingText(schema, world.ids);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function fittingText(schema: Schema, ids: readonly string[]): fc.Arbitrary<string> {
  if (schema['format'] === 'date-time') return fc.constant('2030-01-01T00:00:00.000Z');
  if (schema['format'] === 'uri') return fc.constantFrom('s3://data/cells.h5ad', 'https://example.org/cells.h5ad');
  const words = fc.constantFrom('cells', 'cell_type', 'data.h5ad', 'B cells', 'größe');
  const { pattern } = schema;
  if (typeof pattern === 'string') {
    const made = safePattern(pattern) ?? words;
    const known = ids.filter((id) => new RegExp(pattern, 'u').test(id));
    return known.length === 0 ? made : fc.oneof(fc.constantFrom(...known), made);
  }
  const minLength = numberOf(schema, 'minLength') ?? 0;
  const maxLength = Math.max(minLength, Math.min(numberOf(schema, 'maxLength') ?? 40, 40));
  return fc.oneof(words, fc.string({ minLength, maxLength, unit: 'grapheme' }));
}

function fittingObjects(world: World, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const required = new Set((schema['required'] ?? []) as string[]);
  const more = schema['additionalProperties'];
  const named = fc.record(Object.fromEntries(properties.map(([name, value]) => [name, fittingValues(world, value, depth + 1)])), {
    requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)),
  });
  if (typeof more !== 'object' || more === null) return named;
  const free = fc.dictionary(fc.constantFrom('cell_type', 'batch', 'donor'), fittingValues(world, more as Schema, depth + 1), {
    maxKeys: 2,
  });
  return fc.tuple(named, free).map(([one, other]) => ({ ...(one as object), ...other }));
}

/** Values that programs stumble over: wrong types, huge and odd numbers, odd text, deep nesting, names of prototypes. */
export const hostileValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', ' ', [], {}, -1, 0, 0.5, 1e308, -1e308, 2 ** 53, 9_007_199_254_740_993, 1e-320),
  fc.constantFrom(
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202egnp.exe',
    'é'.normalize('NFD'),
    '𝔘𝔫𝔦',
    '../../etc/passwd',
    '..\\..\\windows',
    '%00',
    '%2e%2e%2f',
    "' OR '1'='1",
    '${jndi:ldap://x}',
    '{{7*7}}',
    '__proto__',
    'constructor',
    'NaN',
    'Infinity',
    '1e999',
    '0x10',
    '٣',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.integer({ min: 1, max: 12 }).map((size) => 'x'.repeat(2 ** size)),
  fc.integer({ min: 10, max: 400 }).map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown),
  fc.constant(JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": 1}}') as unknown),
  fc.bigInt({ min: 2n ** 63n, max: 2n ** 70n }).map(String),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Replaces, adds or removes one part of a value, chosen by `place`. */
export function spoiled(value: unknown, place: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null || place % 5 === 0) return by;
  if (Array.isArray(value)) {
    if (value.length === 0) return [by];
    const index = place % value.length;
    return value.map((item: unknown, i) => (i === index ? spoiled(item, Math.floor(place / 5), by) : item));
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || place % 7 === 0) return { ...value, [typeof by === 'string' ? by : 'unknown']: by };
  const index = place % entries.length;
  if (place % 3 === 0) return Object.fromEntries(entries.filter((_, i) => i !== index));
  return Object.fromEntries(entries.map(([name, item], i) => [name, i === index ? spoiled(item, Math.floor(place / 5), by) : item]));
}
