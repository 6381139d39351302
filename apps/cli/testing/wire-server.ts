import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type WireAnswer = (request: WireRequest, response: ServerResponse) => void;

/** An HTTP server that answers by a table of `METHOD /path`, and notes what it got. It knows nothing of runs or data: it shows what is sent. */
export async function wireServer(answers: Readonly<Record<string, WireAnswer>>) {
  const received: WireRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { method = '', url = '/', headers } = request;
      const whole = { method, url: new URL(url, 'http://server'), headers, body: Buffer.concat(chunks) };
      received.push(whole);
      const answer = answers[`${method} ${whole.url.pathname}`];
      if (answer === undefined) problem(404, { code: 'NOT_FOUND', detail: `nothing at ${url}` })(whole, response);
      else answer(whole, response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(status: number, body: unknown): WireAnswer {
  return (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function problem(status: number, body: Readonly<Record<string, unknown>>): WireAnswer {
  return (_, response) => void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

export function file(content: Buffer): WireAnswer {
  return (_, response) => void response.writeHead(200, { 'content-length': content.length }).end(content);
}

/** Events one after the other, and the end of the stream unless it is to stay open. */
export function events(list: readonly (readonly [event: string, data: unknown])[], open = false): WireAnswer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      list.map(([event, data], i) => `${event === 'run' ? `id: ${i}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
    );
    if (!open) response.end();
  };
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
