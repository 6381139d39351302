import fc from 'fast-check';
import type { ApiOperation, Parameter, Schema } from './api-document';
import { fittingValues, hostileValues, spoiled, type World } from './schema-values';

/** A request to send, as it goes over the wire. */
export interface FuzzRequest {
  /** Operation that it is for; null: none, since its path or method was tampered with. */
  readonly operation: string | null;
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /**
   * `short`: the body announces more bytes than come. `garbled`: something that is not HTTP stands in the head.
   * The server may answer either with any 4xx or hang up.
   */
  readonly wire: 'whole' | 'short' | 'garbled';
}

export interface RequestOptions extends World {
  readonly operations: readonly ApiOperation[];
  /** Sent with most requests. */
  readonly token?: string | undefined;
}

const encoder = new TextEncoder();

/** Requests of every kind: fitting, spoiled in one part, and broken on the wire. */
export function requests(options: RequestOptions): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...options.operations.map((operation) => requestsOf(operation, options)));
}

function requestsOf(operation: ApiOperation, options: RequestOptions): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? [];
  const inPlace = (place: Parameter['in']): Parameter[] => parameters.filter((parameter) => parameter.in === place);
  const fitting = fc.record({
    path: pathsOf(operation, inPlace('path'), options),
    query: textsOf(inPlace('query'), options),
    headers: textsOf(inPlace('header'), options),
    body: bodiesOf(operation, options),
  });
  return fc.tuple(fitting, fc.option(spoilings, { freq: 2 })).map(([{ path, query, headers, body }, spoiling]) => {
    const request: FuzzRequest = {
      operation: operation.id,
      method: operation.method,
      target: path + queryText(query),
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(body === null ? {} : { 'content-type': body.type }),
        ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, headerText(text)])),
      },
      body: body?.bytes ?? null,
      wire: 'whole',
    };
    return spoiling === null ? request : spoiling(request);
  });
}

function pathsOf({ path }: ApiOperation, parameters: readonly Parameter[], { document, ids }: World): fc.Arbitrary<string> {
  const known = ids.length === 0 ? [] : [{ weight: 3, arbitrary: fc.constantFrom(...ids) }];
  const world = { document, ids };
  const texts = parameters.map(({ schema }) =>
    fc.oneof(
      ...known,
      { weight: 3, arbitrary: fittingValues(world, schema).map(plainText) },
      { weight: 1, arbitrary: hostileValues.map(plainText) },
    ),
  );
  return fc
    .tuple(...texts)
    .map((values) =>
      parameters.reduce((text, { name }, index) => text.replaceAll(`{${name}}`, () => percentEncoded(values[index] ?? '') || '_'), path),
    );
}

function textsOf(parameters: readonly Parameter[], world: World): fc.Arbitrary<Record<string, string>> {
  const required = parameters.filter((parameter) => parameter.required === true).map(({ name }) => name);
  return fc.record(Object.fromEntries(parameters.map(({ name, schema }) => [name, fittingValues(world, schema).map(plainText)])), {
    requiredKeys: required,
  });
}

interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}

function bodiesOf(operation: ApiOperation, world: World): fc.Arbitrary<Body | null> {
  const contents = Object.entries(operation.requestBody?.content ?? {});
  if (contents.length === 0) return fc.constant(null);
  return fc.oneof(...contents.map(([type, { schema }]) => (isJson(type) ? jsonBodies(type, schema ?? {}, world) : byteBodies(type))));
}

const isJson = (type: string): boolean => /[/+]json\b/.test(type);

function jsonBodies(type: string, schema: Schema, world: World): fc.Arbitrary<Body> {
  const fitting = fittingValues(world, schema);
  const bent = fc.tuple(fitting, fc.nat(10_000), hostileValues).map(([value, place, by]) => spoiled(value, place, by));
  return fc.oneof(fitting, bent).map((value) => ({ type, bytes: encoder.encode(JSON.stringify(value)) }));
}

function byteBodies(type: string): fc.Arbitrary<Body> {
  const signature = new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
  return fc
    .oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((rest) => new Uint8Array([...signature, ...rest])),
    )
    .map((bytes) => ({ type, bytes }));
}

/** Changes that make a request wrong in one way. */
const spoilings: fc.Arbitrary<(request: FuzzRequest) => FuzzRequest> = fc.oneof(
  // Queries
  fc
    .tuple(fc.constantFrom('limit', 'cursor', 'state', 'name', 'unknown', '__proto__'), hostileValues)
    .map(([name, value]) => (request: FuzzRequest): FuzzRequest => ({
      ...request,
      target: `${request.target}${request.target.includes('?') ? '&' : '?'}${name}=${percentEncoded(plainText(value))}`,
    })),
  fc
    .constantFrom('?', '?&&=', '?limit=1&limit=2', '?%', '?%ff', '?a[b]=c', '?a[]=1', '#x')
    .map((tail) => (request: FuzzRequest): FuzzRequest => ({ ...request, target: request.target + tail })),
  // Paths
  fc
    .constantFrom('/..', '/../../etc/passwd', '/%2e%2e/%2e%2e', '/%00', '/%ff', '/%', '//', '/.', ';x=1', '/\\..\\', `/${'a'.repeat(2000)}`)
    .map((trick) => (request: FuzzRequest): FuzzRequest => ({
      ...request,
      operation: null,
      target: request.target.replace(/(\?|$)/, () => `${trick}?`),
    })),
  fc.constantFrom('PATCH', 'PUT', 'DELETE', 'POST', 'HEAD', 'OPTIONS', 'GET').map(
    (method) =>
      (request: FuzzRequest): FuzzRequest =>
        method === request.method ? request : { ...request, operation: null, method },
  ),
  // Headers
  fc
    .constantFrom(
      '',
      'text/plain',
      'application/xml',
      'application/json; charset=utf-16',
      'application/json;',
      'multipart/form-data',
      'x',
      '/',
      'application/octet-stream',
    )
    .map((type) => (request: FuzzRequest): FuzzRequest => ({ ...request, headers: { ...request.headers, 'content-type': type } })),
  fc
    .tuple(
      fc.constantFrom(
        'authorization',
        'idempotency-key',
        'range',
        'if-range',
        'last-event-id',
        'accept',
        'if-none-match',
        'content-encoding',
        'x-request-id',
        'traceparent',
      ),
      fc.oneof(
        hostileValues.map(plainText),
        fc.constantFrom(
          'Bearer',
          'Bearer x',
          'Basic eDp4',
          'bytes=5-2',
          'bytes=-',
          'bytes=0-1,3-4',
          'bytes=99999999999999999999-',
          'gzip',
          '*/*;q=2',
        ),
      ),
    )
    .map(([name, text]) => (request: FuzzRequest): FuzzRequest => ({
      ...request,
      headers: { ...request.headers, [name]: headerText(text) },
    })),
  // Bodies
  fc
    .constantFrom(
      '',
      '{',
      'null',
      '[]',
      '"',
      '{"a":1}{"a":2}',
      '{"a":1,"a":2}',
      '\ufeff{}',
      'NaN',
      '{"a":1e999}',
      '\u0000',
      '{"__proto__":{"a":1}}',
    )
    .map((text) => (request: FuzzRequest): FuzzRequest => ({
      ...request,
      body: encoder.encode(text),
      headers: { 'content-type': 'application/json', ...request.headers },
    })),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((body) => (request: FuzzRequest): FuzzRequest => ({
    ...request,
    body,
    headers: { 'content-type': 'application/json', ...request.headers },
  })),
  fc.nat(100).map((share) => (request: FuzzRequest): FuzzRequest => ({
    ...request,
    body: request.body?.subarray(0, Math.floor((request.body.length * share) / 101)) ?? null,
  })),
  // Wire
  fc.constant((request: FuzzRequest): FuzzRequest => (request.body === null ? request : { ...request, wire: 'short' })),
  fc
    .constantFrom(
      'bad header',
      ': nothing',
      'a\u0000b: c',
      'transfer-encoding: chunked, x',
      'content-length: -1',
      'content-length: 1\r\ncontent-length: 2',
      `big: ${'x'.repeat(70_000)}`,
    )
    .map((line) => (request: FuzzRequest): FuzzRequest => ({ ...request, wire: 'garbled', headers: { ...request.headers, '': line } })),
);

function queryText(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, text]) => `${percentEncoded(name)}=${percentEncoded(text)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Of any text: halves of characters, which have no encoding, become U+FFFD. */
function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** What may stand in a header: one line of Latin-1, at most 4 KiB. */
function headerText(text: string): string {
  return text
    .replace(/[^\t\x20-\x7e\xa0-\xff]/g, '?')
    .slice(0, 4096)
    .trim();
}
