import type { Readable } from 'node:stream';
import { CfgenError, type Operation } from '@cfgen/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpProblem } from './http-problem';

/** The parts of a request that its operation describes, checked. */
export interface CheckedParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly upload: Readable | null;
}

const nothing = z.strictObject({});

/**
 * Checks a request against its operation.
 *
 * @throws CfgenError REQUEST_INVALID naming the field; HttpProblem 415 for a body of another kind
 */
export function checkRequest(operation: Operation, request: FastifyRequest): CheckedParts {
  const params = parsed('path', operation.params ?? nothing, request.params);
  const query = parsed('query', operation.query ?? nothing, request.query);
  const headers = parsed('header', operation.headers ?? z.object({}), request.headers);
  return { params, query, headers, ...checkBody(operation, request) };
}

function checkBody(operation: Operation, request: FastifyRequest): Pick<CheckedParts, 'body' | 'upload'> {
  const { body: described } = operation;
  const mediaType = mediaTypeOf(request.headers['content-type']);
  if (described === undefined) return { body: undefined, upload: null };
  if (described.binary?.mediaTypes.includes(mediaType) === true) return { body: undefined, upload: request.body as Readable };
  if (described.json === undefined || mediaType !== 'application/json') {
    const taken = [...(described.json === undefined ? [] : ['application/json']), ...(described.binary?.mediaTypes ?? [])];
    throw unsupported(mediaType, taken);
  }
  return { body: parsed('body', described.json, request.body ?? undefined), upload: null };
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

export function unsupported(mediaType: string, taken: readonly string[]): HttpProblem {
  const found = mediaType === '' ? 'the request has no content type' : `the content type "${mediaType}" is not taken here`;
  return new HttpProblem(415, new CfgenError('REQUEST_INVALID', found, { hint: `Send one of: ${taken.join(', ')}.`, details: { taken } }));
}

function parsed(place: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ field: [place, ...path.map(String)].join('.'), message }));
  const first = issues[0];
  throw new CfgenError('REQUEST_INVALID', `${first?.field ?? place}: ${first?.message ?? 'not readable'}`, {
    details: { field: first?.field ?? place, issues: issues.slice(0, 20) },
  });
}
