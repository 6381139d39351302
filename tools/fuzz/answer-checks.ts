import { createRequire } from 'node:module';
import addFormats from 'ajv-formats';
import type { ApiDocument, ApiOperation, Schema } from './api-document';
import type { FuzzRequest } from './requests';
import type { Answer } from './send-request';

interface Validate {
  (value: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}
interface Ajv {
  addSchema(schema: object, key: string): Ajv;
  compile(schema: object): Validate;
}

// The ajv that ajv-formats brings: version 8, which knows the schemas of OpenAPI 3.1. The one on top of the workspace is an older one.
const { Ajv2020 } = createRequire(createRequire(import.meta.url).resolve('ajv-formats'))('ajv/dist/2020') as {
  Ajv2020: new (options: object) => Ajv;
};

const problemMediaType = 'application/problem+json';

/** Judges answers: says what is wrong with one, or null. */
export type Judge = (request: FuzzRequest, answer: Answer | 'hung up') => string | null;

/**
 * No answer is a 5xx; every 4xx is problem+json in the shape of the document, so with a code that it knows; every 2xx is documented for its
 * operation and fits its schema. Requests that are broken on the wire may be answered with any 4xx, or not at all.
 */
export function createJudge(document: ApiDocument, operations: readonly ApiOperation[]): Judge {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: true });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<Schema, Validate>();
  const misfit = (schema: Schema, body: Buffer | null): string | null => {
    if (body === null) return 'the JSON is longer than 4 MiB';
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      return `is not JSON: ${shown(body)}`;
    }
    const validate = compiled.get(schema) ?? ajv.compile(referringTo(schema));
    compiled.set(schema, validate);
    if (validate(value)) return null;
    const error = validate.errors?.[0];
    return `does not fit its schema: ${error?.instancePath ?? ''} ${error?.message ?? ''}: ${shown(body)}`;
  };
  const problemSchema: Schema = { $ref: '#/components/schemas/ProblemDetails' };
  const byId = new Map(operations.map((operation) => [operation.id, operation]));

  return (request, answer) => {
    if (answer === 'hung up') return request.wire === 'whole' ? 'the server hung up without an answer' : null;
    const { status, headers, body } = answer;
    if (status >= 500) return `status ${status}: ${shown(body)}`;
    if (request.wire !== 'whole' || request.method === 'HEAD') return null;
    const type = (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    if (status >= 400) {
      if (type !== problemMediaType) return `status ${status} comes as "${type}", not as ${problemMediaType}: ${shown(body)}`;
      const wrong = misfit(problemSchema, body);
      if (wrong !== null) return `the problem of status ${status} ${wrong}`;
      const told = (JSON.parse(String(body)) as { status: unknown }).status;
      return told === status ? null : `status ${status} comes with a problem of status ${String(told)}`;
    }
    if (status === 304) return null;
    if (status >= 300) return `redirects with status ${status}`;
    const operation = request.operation === null ? undefined : byId.get(request.operation);
    if (operation === undefined) return null;
    const documented = operation.responses[String(status)];
    if (documented === undefined) return `status ${status} is not documented`;
    const contents = documented.content ?? {};
    if (Object.keys(contents).length === 0) return body?.length === 0 ? null : `status ${status} comes with a body: ${shown(body)}`;
    const content = contents[type] ?? (type === 'application/json' ? undefined : (contents['*/*'] ?? contents['application/octet-stream']));
    if (content === undefined) return `status ${status} comes as "${type}", which is not documented`;
    if (content.schema === undefined || !/[/+]json$/.test(type)) return null;
    const wrong = misfit(content.schema, body);
    return wrong === null ? null : `the answer of status ${status} ${wrong}`;
  };
}

/** The schema with its references pointing into the document. */
function referringTo(schema: Schema): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/')) as object;
}

function shown(body: Buffer | null): string {
  return body === null ? '(not read)' : JSON.stringify(body.subarray(0, 300).toString());
}
