import { z } from 'zod';
import { components } from './components';

/** A JSON Schema, or any part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const componentPath = (name: string): string => `#/components/schemas/${name}`;

/** What a schema says that helps nobody: patterns of times, names that are strings, `$id`s of parts. */
function tidy({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
  const names = jsonSchema['propertyNames'];
  if (typeof names === 'object' && JSON.stringify(names) === '{"type":"string"}') delete jsonSchema['propertyNames'];
}

/** The named shapes as JSON Schemas that refer to each other by their place in an OpenAPI document. */
export function componentSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, { schema }] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: componentPath, io: 'input', override: tidy });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _schema, $id: _id, ...rest } = schema as Record<string, unknown>;
      return [name, { description: components[name]?.description, ...rest }];
    }),
  );
}

const namesBySchema = new Map(Object.entries(components).map(([name, { schema }]) => [schema, name]));

/** A reference to a named shape, or a small schema in place. */
export function schemaOrReference(schema: z.ZodType): JsonSchema {
  const name = namesBySchema.get(schema);
  return name === undefined ? inlineSchema(schema) : { $ref: componentPath(name) };
}

/** A schema in place, for one that refers to no other. */
export function inlineSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', override: tidy });
  return rest;
}
