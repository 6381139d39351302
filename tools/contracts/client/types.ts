import { isSchema, type Schema } from '../compatibility/schemas';

/** Who gives values of a type: `caller`s may pass on a value that may be missing as it is, the `server` never says undefined. */
export type Giver = 'caller' | 'server';

/** The TypeScript type of a JSON Schema; named shapes by their names. */
export function typeOf(schema: Schema, giver: Giver): string {
  const { $ref, type, const: only, enum: values, anyOf, oneOf, items } = schema;
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(values)) return union(values.map((value) => JSON.stringify(value)));
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives)) return union((alternatives as readonly Schema[]).map((one) => typeOf(one, giver)));
  if (Array.isArray(type)) return union((type as readonly string[]).map((one) => typeOf({ ...schema, type: one }, giver)));
  switch (type) {
    case 'object':
      return objectType(schema, giver);
    case 'array':
      return `readonly ${wrapped(isSchema(items) ? typeOf(items, giver) : 'unknown')}[]`;
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'unknown';
  }
}

/** Fields of an object, as the inside of an interface. */
export function fieldsOf(schema: Schema, giver: Giver): string {
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>)
    .map(([name, property]) => {
      const type = typeOf(property, giver);
      return `readonly ${JSON.stringify(name)}${required.includes(name) ? `: ${type}` : `?: ${type}${giver === 'caller' ? ' | undefined' : ''}`};`;
    })
    .join('\n');
}

function objectType(schema: Schema, giver: Giver): string {
  if (isSchema(schema['properties'])) return `{ ${fieldsOf(schema, giver)} }`;
  const rest = schema['additionalProperties'];
  // Not Record: a type that holds itself can only be written so.
  return `{ readonly [name: string]: ${isSchema(rest) ? typeOf(rest, giver) : 'unknown'} }`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function wrapped(type: string): string {
  return /[ |]/.test(type) && !type.startsWith('{') ? `(${type})` : type;
}
