import http from 'node:http';
import net from 'node:net';
import type { FuzzRequest } from './requests';

export interface Answer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null where it was not read to its end: a stream of events, or more than 4 MiB. */
  readonly body: Buffer | null;
}

const longestWaitMs = 10_000;
const mostBytes = 4 * 2 ** 20;

/** One connection at a time, kept open between requests. */
export function createSender(server: URL): { send(request: FuzzRequest): Promise<Answer | 'hung up'>; close(): void } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (request) => (request.wire === 'whole' ? sendWhole(server, agent, request) : sendBroken(server, request)),
    close: () => agent.destroy(),
  };
}

async function sendWhole(server: URL, agent: http.Agent, request: FuzzRequest, again = true): Promise<Answer | 'hung up'> {
  const connection = { reused: false };
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const { method, target, headers, body } = request;
      const outgoing = http.request({
        ...address(server),
        agent,
        method,
        path: target,
        headers: { ...headers, ...(body === null ? {} : { 'content-length': String(body.length) }) },
      });
      outgoing.setTimeout(longestWaitMs, () => outgoing.destroy(new Error(`no answer within ${longestWaitMs / 1000} s`)));
      outgoing.on('error', (error) => {
        connection.reused = outgoing.reusedSocket;
        reject(error);
      });
      outgoing.on('response', (incoming) => {
        readAnswer(incoming).then(resolve, reject);
      });
      outgoing.end(body ?? undefined);
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
    // A server may close an idle connection while we write to it; on a new one there is no such excuse.
    return connection.reused && again ? sendWhole(server, agent, request, false) : 'hung up';
  }
}

async function readAnswer(incoming: http.IncomingMessage): Promise<Answer> {
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const status = incoming.statusCode ?? 0;
  if (headers['content-type']?.startsWith('text/event-stream')) {
    incoming.destroy();
    return { status, headers, body: null };
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > mostBytes) return { status, headers, body: null };
  }
  return { status, headers, body: Buffer.concat(parts) };
}

/** Writes what no HTTP client would, and reads until the server hangs up. */
function sendBroken(server: URL, { method, target, headers, body, wire }: FuzzRequest): Promise<Answer | 'hung up'> {
  const lines = Object.entries(headers).map(([name, value]) => (name === '' ? value : `${name}: ${value}`));
  const announced = wire === 'short' ? (body?.length ?? 0) + 10 : (body?.length ?? 0);
  if (body !== null) lines.push(`content-length: ${announced}`);
  const head = [`${method} ${target} HTTP/1.1`, `host: ${server.host}`, 'connection: close', ...lines, '', ''].join('\r\n');
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = net.connect({ ...address(server), allowHalfOpen: true });
    socket.setTimeout(longestWaitMs, () => socket.destroy(new Error(`no answer within ${longestWaitMs / 1000} s to a broken request`)));
    socket.on('data', (part) => parts.push(part));
    socket.on('end', () => socket.end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(parsed(Buffer.concat(parts))));
    socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body ?? new Uint8Array()]));
  });
}

function parsed(bytes: Buffer): Answer | 'hung up' {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(bytes.toString('latin1')) ?? [];
  return status === undefined ? 'hung up' : { status: Number(status), headers: {}, body: bytes };
}

function address({ hostname, port }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port === '' ? 80 : port) };
}
