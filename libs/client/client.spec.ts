import { CfgenError } from '@cfgen/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client';
import { sendJson, sendProblem, smallServer, type SmallServer } from './testing/small-server';

const servers: SmallServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...given: Parameters<typeof smallServer>): Promise<SmallServer> {
  const server = await smallServer(...given);
  servers.push(server);
  return server;
}

/** A client that waits for nothing between attempts, and notes how long it would have. */
function clientOf(server: SmallServer, more: Partial<Parameters<typeof createClient>[0]> = {}) {
  const waits: number[] = [];
  const pause = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  return { client: createClient({ server: server.url, pause, ...more }), waits };
}

async function failureOf(work: Promise<unknown>): Promise<CfgenError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(CfgenError);
  return thrown as CfgenError;
}

const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('requests', () => {
  it('carry the token, the body, and a key that makes them safe to repeat', async () => {
    const server = await serve((_, response) => sendJson(response, 202, { id }));
    const { client } = clientOf(server, { token: 'secret' });
    await client.startRun({ type: 'generate', model: 'production', cells: 5 });
    const [{ method, url, headers, body }] = server.received as [(typeof server.received)[number]];
    expect([method, url]).toEqual(['POST', '/v1/runs']);
    expect(headers.authorization).toBe('Bearer secret');
    expect(headers['idempotency-key']).toMatch(/^[\w-]{16,}$/);
    expect(JSON.parse(body.toString())).toEqual({ type: 'generate', model: 'production', cells: 5 });
  });

  it('keep names in paths and queries whole', async () => {
    const server = await serve((_, response) => sendJson(response, 200, { items: [], nextCursor: null }));
    const { client } = clientOf(server);
    await client.getRun('a/../b c').catch(() => undefined);
    await client.listRuns({ cursor: 'x&y=z', limit: 5, state: undefined });
    expect(server.received.map(({ url }) => url)).toEqual(['/v1/runs/a%2F..%2Fb%20c', '/v1/runs?cursor=x%26y%3Dz&limit=5']);
  });

  it('are sent again under the same key while the failure passes, as long as the server says to wait', async () => {
    const server = await serve((_, response, index) =>
      index === 0
        ? sendProblem(response, 429, { code: 'TOO_MANY_REQUESTS', detail: 'too many', retryable: true }, { 'retry-after': '3' })
        : index === 1
          ? void response.destroy()
          : sendJson(response, 202, { id }),
    );
    const { client, waits } = clientOf(server);
    expect(await client.cancelRun(id)).toEqual({ id });
    expect(waits).toEqual([3000, 500]);
    expect(new Set(server.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('that are not safe to repeat are sent once', async () => {
    const server = await serve((_, response) => response.writeHead(503).end());
    const { client } = clientOf(server);
    expect((await failureOf(client.createToken({ name: 'x', scope: 'read' }))).retryable).toBe(true);
    expect((await failureOf(client.deleteDataSet(id))).code).toBe('SERVER_UNREACHABLE');
    expect(server.received.length).toBe(2);
  });

  it('end with the last failure after so many attempts', async () => {
    const server = await serve((_, response) => response.writeHead(502).end('bad gateway'));
    const { client } = clientOf(server, { retries: 2 });
    expect(await failureOf(client.getSystem())).toMatchObject({ code: 'SERVER_UNREACHABLE', details: { status: 502 } });
    expect(server.received.length).toBe(3);
  });

  it('are not sent on to where a server points, with the token in hand', async () => {
    const server = await serve((_, response) => response.writeHead(307, { location: 'http://elsewhere.invalid/' }).end());
    const error = await failureOf(clientOf(server, { token: 'secret' }).client.getSystem());
    expect(error.message).toContain('elsewhere.invalid');
    expect(server.received.length).toBe(1);
  });

  it('end after the limit of time, also while the body is being read', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"items":');
    });
    const error = await failureOf(clientOf(server, { timeoutMs: 50, retries: 0 }).client.listRuns());
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE', retryable: true });
    expect(error.message).toContain('0.05 s');
  });

  it('end at once when the caller stops them, also between attempts', async () => {
    const server = await serve((_, response) => response.writeHead(503).end());
    const stop = new AbortController();
    const client = createClient({ server: server.url });
    const work = failureOf(client.getSystem({ signal: stop.signal }));
    setTimeout(() => stop.abort(), 50);
    expect((await work).code).toBe('INTERRUPTED');
    expect(server.received.length).toBe(1);
  });

  it('to nowhere say so', async () => {
    const server = await smallServer(() => undefined);
    await server.close();
    const error = await failureOf(clientOf(server, { retries: 1 }).client.getSystem());
    expect(error.code).toBe('SERVER_UNREACHABLE');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it.each(['localhost:8080', 'ftp://host', 'not a url', 'http://user:password@host'])('are refused for the address %s', (address) => {
    expect(() => createClient({ server: address })).toThrow(/is not the address of a server/);
    expect(() => createClient({ server: address })).not.toThrow(/password/);
  });
});

describe('refusals', () => {
  it('become errors with the code, hint and facts of the server', async () => {
    const problem = { code: 'LABEL_MISSING', detail: 'no column "x"', hint: 'Columns: y.', retryable: false, details: { column: 'x' } };
    const server = await serve((_, response) => sendProblem(response, 422, problem));
    const error = await failureOf(clientOf(server).client.startRun({ type: 'train', dataSet: id }));
    expect(error).toMatchObject({
      code: 'LABEL_MISSING',
      message: 'no column "x"',
      hint: 'Columns: y.',
      details: { column: 'x', status: 422 },
    });
    expect(server.received.length).toBe(1);
  });

  it('with a code of a newer server keep it', async () => {
    const server = await serve((_, response) => sendProblem(response, 409, { code: 'QUOTA_EXCEEDED', detail: 'over' }));
    expect(await failureOf(clientOf(server).client.getRun(id))).toMatchObject({ code: 'CONFLICT', details: { code: 'QUOTA_EXCEEDED' } });
  });

  it('of something that is no CFGen server are told from those of one', async () => {
    const server = await serve((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>nginx</h1>'));
    const error = await failureOf(clientOf(server).client.getSystem());
    expect(error.code).toBe('NOT_FOUND');
    expect(error.hint).toContain('Is there a CFGen server');
  });

  it('are not made of a health answer that says what is wrong', async () => {
    const health = { status: 'unavailable', checks: { database: { status: 'unavailable' } } };
    const server = await serve((_, response) => sendJson(response, 503, health));
    expect(await clientOf(server).client.getReadiness()).toEqual(health);
  });
});

describe('pages', () => {
  it('are asked for as they are needed', async () => {
    const server = await serve((request, response) => {
      const cursor = new URL(request.url, 'http://x').searchParams.get('cursor');
      const page = Number(cursor ?? 0);
      sendJson(response, 200, { items: [{ id: `${page}a` }, { id: `${page}b` }], nextCursor: page < 2 ? String(page + 1) : null });
    });
    const { client } = clientOf(server);
    const all: string[] = [];
    for await (const run of client.allRuns({ limit: 2 })) all.push(run.id);
    expect(all).toEqual(['0a', '0b', '1a', '1b', '2a', '2b']);
    for await (const run of client.allRuns()) {
      if (run.id === '0b') break;
    }
    expect(server.received.length).toBe(4);
  });
});

describe('watching a run', () => {
  const event = (name: string, data: unknown, eventId?: number): string =>
    `${eventId === undefined ? '' : `id: ${eventId}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

  it('goes on from the last event when the connection breaks, and ends with the run', async () => {
    const server = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (request.headers['last-event-id'] === undefined) {
        response.write(event('run', { state: 'running' }, 7) + event('progress', { share: 0.5 }));
        setTimeout(() => response.destroy(), 20);
      } else response.end(event('run', { state: 'succeeded' }, 8));
    });
    const events: unknown[] = [];
    for await (const { event: name, data } of clientOf(server).client.watchRun(id)) events.push([name, data]);
    expect(events).toEqual([
      ['run', { state: 'running' }],
      ['progress', { share: 0.5 }],
      ['run', { state: 'succeeded' }],
    ]);
    expect(server.received.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '7']);
  });

  it('opens a connection again on which nothing comes any more', async () => {
    const server = await serve((_, response, index) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (index === 0) response.write(event('run', { state: 'running' }, 1));
      else response.end(event('run', { state: 'failed' }, 2));
    });
    expect(await clientOf(server, { silenceMs: 50 }).client.runEnded(id)).toEqual({ state: 'failed' });
  });

  it('is not kept up for a run that is not there, or a server that stays away', async () => {
    const server = await serve((request, response) => {
      if (request.url.includes(id)) response.destroy();
      else sendProblem(response, 404, { code: 'NOT_FOUND', detail: 'no run' });
    });
    const { client } = clientOf(server, { retries: 3 });
    expect((await failureOf(client.runEnded('other'))).code).toBe('NOT_FOUND');
    expect((await failureOf(client.runEnded(id))).code).toBe('SERVER_UNREACHABLE');
    expect(server.received.length).toBe(1 + 4);
  });

  it('stops when the caller does', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event('run', { state: 'running' }, 1));
    });
    const stop = new AbortController();
    const error = await failureOf(
      (async () => {
        for await (const _ of clientOf(server).client.watchRun(id, { signal: stop.signal })) stop.abort();
      })(),
    );
    expect(error.code).toBe('INTERRUPTED');
  });
});
