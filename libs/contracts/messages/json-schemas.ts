import { z } from 'zod';
import { dataSchemaOf, envelopeSchema, messageTypes } from './envelope';

/**
 * Every message as a JSON Schema (draft 7, which most tools read): `envelope`, and the data of each type by its name.
 */
export function messageJsonSchemas(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const entries = messageTypes.map((type) => [type, dataSchemaOf(type)] as const);
  return Object.fromEntries(
    [['envelope', envelopeSchema] as const, ...entries].flatMap(([name, schema]) =>
      schema === undefined
        ? []
        : [[name, { title: name, ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: tidy }) }] as const],
    ),
  );
}

/** The pattern of a time says no more than its format, at ten times the length. */
function tidy({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
}
