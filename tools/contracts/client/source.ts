import { isSchema, type Schema } from '../compatibility/schemas';
import { fieldsOf, typeOf, type Giver } from './types';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

/** An operation as the client needs it. */
interface ClientOperation {
  readonly id: string;
  readonly summary: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Type of the JSON body. */
  readonly json: string | undefined;
  readonly takesBytes: boolean;
  readonly idempotent: boolean;
  readonly statuses: readonly number[];
  readonly result: Result;
}

type Result =
  | { readonly kind: 'json'; readonly type: string }
  | { readonly kind: 'events'; readonly type: string }
  | { readonly kind: 'bytes' | 'text' | 'empty' };

const header = `// Made by \`npm run contracts\` from docs/contracts/openapi.json. Change libs/contracts/rest instead.
import type { BytesToSend, RequestOptions, Transport } from './transport/transport';
`;

/** Source text of the typed client: an interface for each named shape, a function for each operation. */
export function clientSource(document: Schema): string {
  const schemas = recordOf(recordOf(document['components'])['schemas']);
  const sent = namesSent(document, schemas);
  const shapes = Object.entries(schemas).map(([name, schema]) => shapeSource(name, schema as Schema, sent.has(name) ? 'caller' : 'server'));
  const operations = operationsOf(document);
  const methods = operations.flatMap((operation) => methodsOf(operation, schemas));
  return [
    header,
    ...shapes,
    `/** Every operation of the HTTP API as a function. Errors are CfgenErrors with the code and the hint of the server. */
export interface Api {
${methods.map(({ name, doc, parameters, result }) => `/** ${doc} */\n${name}(${parameters}): ${result};`).join('\n')}
}
`,
    `/** Binds the operations to a server. */
export function apiOf(transport: Transport): Api {
  return {
${methods.map(({ name, names, call }) => `${name}: (${names}) => ${call},`).join('\n')}
  };
}
`,
  ].join('\n');
}

function shapeSource(name: string, schema: Schema, giver: Giver): string {
  const doc = `/** ${String(schema['description'])} */`;
  if (schema['type'] === 'object' && isSchema(schema['properties']))
    return `${doc}\nexport interface ${name} {\n${fieldsOf(schema, giver)}\n}\n`;
  return `${doc}\nexport type ${name} = ${typeOf(schema, giver)};\n`;
}

/** Names of the shapes that callers send, whole or inside others. */
function namesSent(document: Schema, schemas: Schema): ReadonlySet<string> {
  const operations = Object.values(recordOf(document['paths'])).flatMap((item) => Object.values(recordOf(item)));
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name === undefined || found.has(name)) continue;
      found.add(name);
      visit(schemas[name]);
    }
  };
  for (const operation of operations) visit(recordOf(operation)['requestBody']);
  return found;
}

function operationsOf(document: Schema): ClientOperation[] {
  return Object.entries(recordOf(document['paths'])).flatMap(([path, item]) =>
    Object.entries(recordOf(item)).map(([method, operation]) => operationOf(path, method, recordOf(operation))),
  );
}

function operationOf(path: string, method: string, operation: Schema): ClientOperation {
  const parameters = (operation['parameters'] ?? []) as readonly Parameter[];
  const bodies = Object.entries(recordOf(recordOf(operation['requestBody'])['content']));
  const json = bodies.find(([mediaType]) => mediaType === 'application/json');
  const successes = Object.entries(recordOf(operation['responses'])).filter(([, response]) => !isError(recordOf(response)));
  return {
    id: String(operation['operationId']),
    summary: String(operation['summary']),
    method: method.toUpperCase(),
    path,
    parameters: parameters.filter((parameter) => parameter.in !== 'header'),
    json: json === undefined ? undefined : typeOf(recordOf(recordOf(json[1])['schema']), 'caller'),
    takesBytes: bodies.some(([mediaType]) => mediaType !== 'application/json'),
    idempotent: parameters.some(({ name }) => name === 'idempotency-key'),
    statuses: successes.map(([status]) => Number(status)),
    result: resultOf(successes.map(([, response]) => recordOf(recordOf(response)['content']))),
  };
}

function isError(response: Schema): boolean {
  return Object.hasOwn(recordOf(response['content']), 'application/problem+json');
}

function resultOf(contents: readonly Schema[]): Result {
  const byMediaType = Object.assign({}, ...contents) as Schema;
  if (Object.hasOwn(byMediaType, 'application/octet-stream')) return { kind: 'bytes' };
  const events = recordOf(byMediaType['text/event-stream'])['x-events'];
  if (isSchema(events)) {
    const kinds = Object.entries(events).map(
      ([event, data]) => `{ readonly event: '${event}'; readonly data: ${typeOf(data as Schema, 'server')} }`,
    );
    return { kind: 'events', type: kinds.join(' | ') };
  }
  if (Object.hasOwn(byMediaType, 'text/plain')) return { kind: 'text' };
  const json = byMediaType['application/json'];
  return json === undefined ? { kind: 'empty' } : { kind: 'json', type: typeOf(recordOf(recordOf(json)['schema']), 'server') };
}

interface Method {
  readonly name: string;
  readonly doc: string;
  readonly parameters: string;
  readonly names: string;
  readonly result: string;
  readonly call: string;
}

function methodsOf(operation: ClientOperation, schemas: Schema): Method[] {
  const { id, json, takesBytes, result } = operation;
  const usual = methodOf(operation, id, json, operation.summary);
  const pageOf = result.kind === 'json' ? itemOfPage(schemas[result.type]) : undefined;
  return [
    usual,
    ...(takesBytes ? [methodOf(operation, `${id}Content`, 'BytesToSend', `${operation.summary} This one sends bytes.`)] : []),
    ...(pageOf === undefined ? [] : [allPages(operation, pageOf)]),
  ];
}

function methodOf(operation: ClientOperation, name: string, body: string | undefined, doc: string): Method {
  const { result, idempotent, statuses } = operation;
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  // The query of an upload says nothing about an import, whose body has the same fields.
  const takesQuery = query.length > 0 && !(operation.takesBytes && body !== 'BytesToSend');
  const paths = operation.parameters.filter((parameter) => parameter.in === 'path');
  const parameters = [
    ...paths.map((parameter) => `${parameter.name}: string`),
    ...(body === undefined ? [] : [`body: ${body}`]),
    ...(takesQuery ? [`query?: ${queryType(query)}`] : []),
    'options?: RequestOptions',
  ];
  const request = [
    `method: '${operation.method}'`,
    `path: ${pathText(operation.path)}`,
    ...(takesQuery ? ['query'] : []),
    ...(body === undefined ? [] : [body === 'BytesToSend' ? 'bytes: body' : 'json: body']),
    ...(idempotent ? ['idempotent: true'] : []),
    ...(statuses.some((status) => status >= 400) ? [`alsoFine: [${statuses.filter((status) => status >= 400).join(', ')}]`] : []),
  ];
  return {
    name,
    doc,
    parameters: parameters.join(', '),
    names: parameters.map((parameter) => parameter.split(/[?]?:/, 1)[0]).join(', '),
    result: resultType(result),
    call: `transport.${result.kind}({ ${request.join(', ')} }, options)`,
  };
}

/** `listRuns` gives pages; `allRuns` goes through them. */
function allPages(operation: ClientOperation, item: string): Method {
  const query = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.name !== 'cursor');
  return {
    name: operation.id.replace(/^list/, 'all'),
    doc: `${operation.summary} Goes through the pages as they are needed; \`limit\` is the size of a page.`,
    parameters: `query?: ${queryType(query)}, options?: RequestOptions`,
    names: 'query, options',
    result: `AsyncIterable<${item}>`,
    call: `transport.pages({ method: '${operation.method}', path: ${pathText(operation.path)}, query }, options)`,
  };
}

function itemOfPage(schema: unknown): string | undefined {
  const properties = recordOf(recordOf(schema)['properties']);
  if (!Object.hasOwn(properties, 'nextCursor')) return undefined;
  return typeOf(recordOf(recordOf(properties['items'])['items']), 'server');
}

function queryType(parameters: readonly Parameter[]): string {
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  return `{ ${fieldsOf({ required, properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])) }, 'caller')} }`;
}

function resultType(result: Result): string {
  if (result.kind === 'json') return `Promise<${result.type}>`;
  if (result.kind === 'events') return `AsyncIterable<${result.type}>`;
  return { bytes: 'Promise<Response>', text: 'Promise<string>', empty: 'Promise<void>' }[result.kind];
}

function pathText(path: string): string {
  return path.includes('{') ? `\`${path.replaceAll(/\{(\w+)\}/g, '${encodeURIComponent($1)}')}\`` : `'${path}'`;
}

function recordOf(value: unknown): Schema {
  return isSchema(value) ? value : {};
}
