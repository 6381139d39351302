import { CfgenError } from '@cfgen/contracts';
import { answerNotUnderstood, errorOfAnswer, errorOfFailure, isPassing, waitBefore } from './errors';
import { eventsOf, type StreamedEvent } from './event-stream';
import { pause as pauseFor } from './pause';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** A body of bytes. A stream is sent as it comes and can be sent once only. */
export interface BytesToSend {
  readonly content: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Blob;
  /** Length where it is known: the server then notices a body that was cut off. */
  readonly bytes?: number;
  /** Default: `application/octet-stream`. */
  readonly mediaType?: string;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly json?: unknown;
  readonly bytes?: BytesToSend;
  /** The server remembers the request by its key, so that it can be sent again. */
  readonly idempotent?: boolean;
  /** Statuses of 400 and more whose JSON is an answer and not an error. */
  readonly alsoFine?: readonly number[];
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most milliseconds until the answer is there (of a stream: begins). */
  readonly timeoutMs?: number;
  /** Identity of the intention; made up for each call where it is left out. */
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TransportOptions {
  /** Where the server is, such as `https://cfgen.example.org`; may have a path. */
  readonly server: string;
  readonly token?: string | undefined;
  readonly fetch?: typeof fetch;
  /** Default: 30 s. Uploads have no limit. */
  readonly timeoutMs?: number;
  /** How often a request that may be repeated is sent again. Default: 4. */
  readonly retries?: number;
  /** An event stream that is silent for so long is opened again. Default: 60 s; the server says something every 15 s. */
  readonly silenceMs?: number;
  /** Waits between attempts; refused when the signal is aborted. */
  readonly pause?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Sends requests and reads answers; every refusal and failure is a CfgenError. */
export interface Transport {
  json<T>(request: ApiRequest, options?: RequestOptions): Promise<T>;
  text(request: ApiRequest, options?: RequestOptions): Promise<string>;
  empty(request: ApiRequest, options?: RequestOptions): Promise<void>;
  /** The answer with its body unread. */
  bytes(request: ApiRequest, options?: RequestOptions): Promise<Response>;
  /** Items of all pages; the next page is asked for when it is needed. */
  pages<T>(request: ApiRequest, options?: RequestOptions): AsyncIterable<T>;
  /** Events as they come; the stream is taken up again from the last one when it breaks off. Ends only when the listener stops. */
  events<E extends StreamedEvent>(request: ApiRequest, options?: RequestOptions): AsyncIterable<E>;
}

/**
 * Requests that are safe to repeat (GET, PUT, and POST with an idempotency key, unless their body is a stream) are sent again after a failure
 * that passes: no connection, 429, 502, 503, 504.
 *
 * @throws CfgenError REQUEST_INVALID when the server is not an http(s) URL
 */
export function createTransport(options: TransportOptions): Transport {
  const base = baseOf(options.server);
  const { token, retries = 4, timeoutMs = 30_000, silenceMs = 60_000, pause = pauseFor } = options;
  const fetchIt = options.fetch ?? fetch;

  /** One attempt. The limit of time holds until `read` is done. */
  async function once<T>(
    request: ApiRequest,
    choices: RequestOptions,
    key: string | undefined,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const limit = new AbortController();
    const milliseconds = choices.timeoutMs ?? (request.bytes === undefined ? timeoutMs : undefined);
    const timer = milliseconds === undefined ? undefined : setTimeout(() => limit.abort(), milliseconds);
    const { signal } = choices;
    const signals = signal === undefined ? [limit.signal] : [limit.signal, signal];
    try {
      signal?.throwIfAborted();
      const answer = await fetchIt(urlOf(base, request), { ...initOf(request, choices, key, token), signal: AbortSignal.any(signals) });
      const { ok, status } = answer;
      if (!ok && request.alsoFine?.includes(status) !== true) throw await errorOfAnswer(answer, base);
      return await read(answer);
    } catch (thrown) {
      throw errorOfFailure(thrown, { server: base, signal, timedOut: limit.signal.aborted ? milliseconds : undefined });
    } finally {
      clearTimeout(timer);
    }
  }

  async function send<T>(request: ApiRequest, choices: RequestOptions, read: (answer: Response) => Promise<T>): Promise<T> {
    const key = request.idempotent === true ? (choices.idempotencyKey ?? globalThis.crypto.randomUUID()) : undefined;
    const again = request.bytes === undefined && (['GET', 'PUT'].includes(request.method) || key !== undefined);
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(request, choices, key, read);
      } catch (thrown) {
        if (!again || attempt >= retries || !isPassing(thrown)) throw thrown;
        await pause(waitBefore(attempt, thrown), choices.signal);
      }
    }
  }

  const json = <T>(request: ApiRequest, choices: RequestOptions = {}): Promise<T> =>
    send(request, choices, (answer) => jsonOf<T>(answer, base));

  return {
    json,
    text: (request, choices = {}) => send(request, choices, (answer) => answer.text()),
    empty: (request, choices = {}) =>
      send(request, choices, async (answer) => {
        await answer.arrayBuffer();
      }),
    bytes: (request, choices = {}) => send(request, choices, async (answer) => answer),
    async *pages<T>(request: ApiRequest, choices: RequestOptions = {}) {
      let cursor: string | null | undefined;
      do {
        const query = { ...request.query, ...(cursor === undefined || cursor === null ? {} : { cursor }) };
        const page: Page<T> = await json<Page<T>>({ ...request, query }, choices);
        yield* page.items;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    events: <E extends StreamedEvent>(request: ApiRequest, choices: RequestOptions = {}) =>
      eventsOf<E>({
        open: (lastEventId, signal) =>
          once(
            request,
            {
              ...choices,
              signal,
              headers: {
                ...choices.headers,
                accept: 'text/event-stream',
                ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
              },
            },
            undefined,
            async (answer) => answer,
          ),
        ...{ signal: choices.signal, retries, silenceMs, pause, server: base },
      }),
  };
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

function urlOf(base: string, { path, query = {} }: ApiRequest): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  return `${base}${path}${given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`}`;
}

function initOf(request: ApiRequest, options: RequestOptions, key: string | undefined, token: string | undefined): RequestInit {
  const { method, json, bytes } = request;
  const headers: Record<string, string> = {
    accept: 'application/json, application/problem+json;q=0.9, */*;q=0.8',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(bytes === undefined ? {} : { 'content-type': bytes.mediaType ?? 'application/octet-stream' }),
    ...(bytes?.bytes === undefined ? {} : { 'content-length': String(bytes.bytes) }),
    ...options.headers,
  };
  // A token must not follow a redirection to wherever it leads.
  const common = { method, headers, redirect: 'manual' } as const;
  if (json !== undefined) return { ...common, body: JSON.stringify(json) };
  if (bytes === undefined) return common;
  if (!(bytes.content instanceof ReadableStream)) return { ...common, body: bytes.content };
  // `duplex`: the body is sent while the answer may already come. The other two: without them Node keeps all of the body in memory, to send
  // it again after a redirection.
  return { ...common, body: bytes.content, duplex: 'half', redirect: 'error', window: null };
}

async function jsonOf<T>(answer: Response, server: string): Promise<T> {
  const text = await answer.text();
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw answerNotUnderstood(server, text, cause);
  }
}

function baseOf(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw notAServer(server);
  if (url.username !== '' || url.password !== '') throw notAServer(`${url.protocol}//...@${url.host}`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function notAServer(server: string): CfgenError {
  return new CfgenError('REQUEST_INVALID', `"${server}" is not the address of a server`, {
    hint: 'Give a URL such as http://localhost:8080, without a user name; a token is given by itself.',
    details: { server },
  });
}
