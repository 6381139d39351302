import type { z } from 'zod';
import type { ErrorCode } from '../errors/cfgen-error';
import { componentSchemas, inlineSchema, schemaOrReference, type JsonSchema } from './json-schema';
import type { Operation, OperationBody, OperationResponse } from './operation';
import { commonErrors, idempotencyKeyHeader, idempotencyKeySchema, operationIds, operations } from './operations';
import { problemMediaType, statusOf } from './problem-details';
import { runEventSchemas } from './runs';

/** An OpenAPI 3.1 document, as plain JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly tags: readonly JsonSchema[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly securitySchemes: JsonSchema };
}

const jsonMediaType = 'application/json';
const bytesMediaType = 'application/octet-stream';

/**
 * The OpenAPI document of the HTTP API, made from the table of operations. The same for the same version.
 *
 * @param version of CFGen
 */
export function openApiDocument(version: string): OpenApiDocument {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const id of operationIds) {
    const operation: Operation = operations[id];
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(id, operation);
  }
  const tags = [...new Set(operationIds.map((id) => operations[id].tag))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'CFGen',
      version,
      summary: 'Generate realistic single-cell data.',
      description:
        'Errors are `application/problem+json` (RFC 9457) with a stable `code`. Lists are pages: pass `nextCursor` as `cursor`. ' +
        'A POST that takes an `Idempotency-Key` can be repeated. Within `/v1` only additions are made: a reader ignores fields and values it does not know.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token. Its scope is read, write or admin; each includes those before it.',
        },
      },
    },
  };
}

function describe(id: string, operation: Operation): JsonSchema {
  const { summary, tag, scope, params, query, headers, body, idempotent } = operation;
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
    ...(idempotent === true
      ? [{ name: idempotencyKeyHeader, in: 'header', required: false, schema: inlineSchema(idempotencyKeySchema) }]
      : []),
  ];
  return {
    operationId: id,
    summary,
    tags: [tag],
    security: scope === null ? [] : [{ bearer: [scope] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: { ...successesOf(operation), ...errorsOf(operation) },
  };
}

function parametersOf(place: 'path' | 'query' | 'header', fields: z.ZodObject | undefined): JsonSchema[] {
  if (fields === undefined) return [];
  const { properties = {}, required = [] } = inlineSchema(fields) as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: place, required: required.includes(name), schema }));
}

function bodyOf({ json, binary, maxJsonBytes }: OperationBody): JsonSchema {
  const bytes = (binary?.mediaTypes ?? []).map((type) => [type, {}] as const);
  const limits = [
    ...(binary === undefined ? [] : [`bytes: at most ${binary.maxBytes}`]),
    ...(json === undefined ? [] : [`JSON: at most ${maxJsonBytes} bytes`]),
  ];
  return {
    required: true,
    description: limits.join('; '),
    content: { ...Object.fromEntries(bytes), ...(json === undefined ? {} : { [jsonMediaType]: { schema: schemaOrReference(json) } }) },
  };
}

const phrases: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted; it goes on in the background.',
  204: 'Done; nothing to say.',
  206: 'The part that was asked for.',
  503: 'Not able to work now.',
};

function successesOf({ responses }: Operation): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, shape]) => {
      const contents = shapesOf(shape).flatMap(contentOf);
      const description = phrases[Number(status)] ?? 'Done.';
      return [status, { description, ...(contents.length === 0 ? {} : { content: Object.fromEntries(contents) }) }];
    }),
  );
}

function shapesOf(shape: OperationResponse | readonly OperationResponse[]): readonly OperationResponse[] {
  return isList(shape) ? shape : [shape];
}

function isList(shape: OperationResponse | readonly OperationResponse[]): shape is readonly OperationResponse[] {
  return Array.isArray(shape);
}

function contentOf(shape: OperationResponse): (readonly [mediaType: string, content: JsonSchema])[] {
  if (shape === 'empty') return [];
  if (shape === 'binary') return [[bytesMediaType, {}]];
  if (shape === 'text') return [['text/plain', { schema: { type: 'string' } }]];
  if (shape === 'event-stream') {
    // OpenAPI has no word for the data of events: they are listed by their names.
    const events = Object.entries<z.ZodType>(runEventSchemas).map(([event, schema]) => [event, schemaOrReference(schema)] as const);
    return [['text/event-stream', { schema: { type: 'string' }, 'x-events': Object.fromEntries(events) }]];
  }
  return [[jsonMediaType, { schema: schemaOrReference(shape) }]];
}

/** Error answers by status, with the codes to reckon with; a status that the operation answers by itself is left to it. */
function errorsOf({ scope, errors, responses }: Operation): Record<string, JsonSchema> {
  const possible: readonly ErrorCode[] = scope === null ? [] : [...new Set([...commonErrors, ...errors])];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of possible) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  const content = { [problemMediaType]: { schema: { $ref: '#/components/schemas/ProblemDetails' } } };
  const described = [...byStatus]
    .filter(([status]) => !Object.hasOwn(responses, status))
    .toSorted(([a], [b]) => a - b)
    .map(([status, codes]) => [String(status), { description: codes.join(', '), content }] as const);
  return { ...Object.fromEntries(described), default: { description: 'Any other error.', content } };
}
