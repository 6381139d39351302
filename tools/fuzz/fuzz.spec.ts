import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiDocument } from './api-document';
import { fuzz, requestText, summaryText, type FuzzReport } from './fuzz';

const thing = { $ref: '#/components/schemas/Thing' };
const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
/** A small API: a list of things, one of them, a new one. */
const document = {
  openapi: '3.1.0',
  paths: {
    '/v1/things': {
      get: {
        operationId: 'listThings',
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200 } }],
        responses: { 200: json({ type: 'object', properties: { items: { type: 'array', items: thing } }, required: ['items'] }) },
      },
      post: {
        operationId: 'addThing',
        requestBody: json({
          type: 'object',
          properties: { name: { type: 'string', minLength: 1 } },
          required: ['name'],
          additionalProperties: false,
        }),
        responses: { 201: json(thing) },
      },
    },
    '/v1/things/{id}': {
      get: {
        operationId: 'getThing',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-7][0-9A-HJKMNP-TV-Z]{25}$' } }],
        responses: { 200: json(thing) },
      },
    },
  },
  components: {
    schemas: {
      Thing: { type: 'object', properties: { id: { type: 'string' }, size: { type: 'integer' } }, required: ['id', 'size'] },
      ProblemDetails: {
        type: 'object',
        properties: { code: { enum: ['REQUEST_INVALID', 'NOT_FOUND'] }, status: { type: 'integer' } },
        required: ['code', 'status'],
      },
    },
  },
} as unknown as ApiDocument;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
const good = (status: number, value: unknown): Reply => ({ status, type: 'application/json', body: JSON.stringify(value) });
const bad = (status: number, code: string): Reply => ({ status, type: 'application/problem+json', body: JSON.stringify({ code, status }) });
const id = '01JABCDEFGHJKMNPQRSTVWXYZ0';

/** The API as it should be. */
function answer(method: string, url: string, body: string): Reply {
  const [path = '', query = ''] = url.split(/[?#]/);
  const limit = new URLSearchParams(query).get('limit');
  if (path === '/openapi.json') return good(200, document);
  if (path === '/v1/things' && method === 'GET') {
    return limit === null || /^([1-9]\d?|1\d\d|200)$/.test(limit) ? good(200, { items: [{ id, size: 1 }] }) : bad(400, 'REQUEST_INVALID');
  }
  if (path === '/v1/things' && method === 'POST') {
    try {
      const { name } = JSON.parse(body) as { name?: unknown };
      return typeof name === 'string' && name !== '' ? good(201, { id, size: name.length }) : bad(400, 'REQUEST_INVALID');
    } catch {
      return bad(400, 'REQUEST_INVALID');
    }
  }
  return path === `/v1/things/${id}` && method === 'GET' ? good(200, { id, size: 1 }) : bad(404, 'NOT_FOUND');
}

describe('fuzz', () => {
  let server: http.Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function run(
    change: (reply: Reply, method: string, url: string, body: string) => Reply | null,
    requests = 1500,
  ): Promise<FuzzReport> {
    server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method = '', url = '' } = request;
        const body = Buffer.concat(parts).toString();
        const reply = change(answer(method, url, body), method, url, body);
        if (reply === null) return request.socket.destroy();
        response.writeHead(reply.status, { 'content-type': reply.type });
        return response.end(method === 'HEAD' ? '' : reply.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fuzz({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret', requests, seed: 7 });
  }

  it('finds nothing on a server that keeps to its document, and reaches good and bad answers of every operation', async () => {
    const report = await run((reply) => reply);

    expect(report.failure).toBeNull();
    expect(
      Object.values(report.answers)
        .flatMap(Object.values)
        .reduce((sum: number, count: number) => sum + count, 0),
    ).toBe(1500);
    expect(report.answers['listThings']).toMatchObject({ 200: expect.any(Number), 400: expect.any(Number) });
    expect(report.answers['addThing']).toMatchObject({ 201: expect.any(Number), 400: expect.any(Number) });
    expect(report.answers['getThing']).toMatchObject({ 200: expect.any(Number), 404: expect.any(Number) });
    expect(summaryText(report.answers)).toMatch(/^listThings +\d/m);
  });

  it.each<[string, (reply: Reply, method: string, url: string, body: string) => Reply | null, RegExp]>([
    ['a crash on odd text', (reply, _method, _url, body) => (body.includes('\\u0000') ? good(500, {}) : reply), /^status 500/],
    ['an error that is no problem+json', (reply) => (reply.status === 404 ? { ...reply, type: 'text/html' } : reply), /text\/html/],
    ['an error code that nobody knows', (reply) => (reply.status === 400 ? bad(400, 'OOPS') : reply), /does not fit its schema: \/code/],
    [
      'a problem of another status',
      (reply) => (reply.status === 404 ? { ...bad(400, 'NOT_FOUND'), status: 404 } : reply),
      /problem of status 400/,
    ],
    ['an answer that does not fit', (reply) => (reply.status === 201 ? good(201, { id }) : reply), /status 201 does not fit its schema/],
    [
      'a status that is not documented',
      (reply) => (reply.status === 201 ? { ...reply, status: 202 } : reply),
      /status 202 is not documented/,
    ],
    ['a redirect', (reply, _method, url) => (url.includes('/..') ? { ...reply, status: 302 } : reply), /redirects/],
    ['a server that hangs up', (reply, method) => (method === 'PATCH' ? null : reply), /hung up/],
  ])('finds %s', async (_name, change, problem) => {
    const { failure } = await run(change);

    expect(failure?.problem).toMatch(problem);
    expect(requestText(failure!.request)).not.toContain('secret');
  });

  it('shrinks a failing request to what makes it fail, the same one for the same seed', async () => {
    const crash = (reply: Reply, method: string, url: string): Reply => (method === 'GET' && url.includes('limit') ? good(500, {}) : reply);
    const first = await run(crash);
    server.close();
    const second = await run(crash);

    expect(first.failure!.request).toEqual(second.failure!.request);
    expect(first.failure!.request.target).toMatch(/^\/v1\/things(\/[^?]*)?\?limit=[^&]*$/);
    expect(first.failure!.request.body).toBeNull();
  });

  it('refuses a server that is not on this machine', async () => {
    server = http.createServer();
    await expect(fuzz({ server: 'http://example.org' })).rejects.toThrow(/not an http:\/\/ address of this machine/);
  });
});
