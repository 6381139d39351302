import fc from 'fast-check';
import { createJudge } from './answer-checks';
import { operationsOf, type ApiDocument } from './api-document';
import { requests, type FuzzRequest } from './requests';
import { createSender } from './send-request';

export interface FuzzOptions {
  /** Address of a server on this machine, such as `http://127.0.0.1:8080`. It gets rubbish and may be changed in any way a token allows. */
  readonly server: string;
  /** Left out: what the server shows as /openapi.json. */
  readonly document?: ApiDocument;
  readonly token?: string | undefined;
  /** How many requests, the shrinking of a failure not counted. */
  readonly requests?: number;
  readonly seed?: number;
  /** Operations to leave alone, by id. */
  readonly except?: readonly string[];
}

export interface FuzzReport {
  readonly seed: number;
  /** Answers by status for each operation; those of tampered paths and methods under `other`. `hung up` counts as a status. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failure: {
    /** The smallest request that was found to fail. */
    readonly request: FuzzRequest;
    readonly problem: string;
  } | null;
}

/**
 * Sends requests that are made from an OpenAPI document, fitting ones and wrong ones, and holds every answer to the document. The same seed
 * sends the same requests as long as the server holds the same ids.
 *
 * @throws Error when the server is not on this machine, does not answer, or shows no OpenAPI document
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const server = new URL(options.server);
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(server.hostname) || server.protocol !== 'http:') {
    throw new Error(`${options.server} is not an http:// address of this machine: only a server that may be thrown away is fuzzed`);
  }
  const document = options.document ?? (await fetchJson<ApiDocument>(new URL('/openapi.json', server), undefined));
  const operations = operationsOf(document).filter(({ id }) => !(options.except ?? []).includes(id));
  const seed = options.seed ?? 1;
  const ids = await idsOn(server, operations, options.token);
  const judge = createJudge(document, operationsOf(document));
  const sender = createSender(server);
  const answers: Record<string, Record<string, number>> = {};
  const property = fc.asyncProperty(requests({ document, operations, token: options.token, ids }), async (request) => {
    const answer = await sender.send(request);
    const counts = (answers[request.operation ?? 'other'] ??= {});
    const status = answer === 'hung up' ? answer : String(answer.status);
    counts[status] = (counts[status] ?? 0) + 1;
    const problem = judge(request, answer);
    if (problem !== null) throw new Error(problem);
  });
  try {
    const details = await fc.check(property, { numRuns: options.requests ?? 10_000, seed });
    if (!details.failed) return { seed, answers, failure: null };
    const request = details.counterexample?.[0];
    if (request === undefined) throw new Error('the run was interrupted', { cause: details.errorInstance });
    const { errorInstance } = details;
    return { seed, answers, failure: { request, problem: errorInstance instanceof Error ? errorInstance.message : String(errorInstance) } };
  } finally {
    sender.close();
  }
}

/** Ids that the lists of the server show, so that some requests find what they ask for. Not those of tokens: ours must not be revoked. */
async function idsOn(server: URL, operations: ReturnType<typeof operationsOf>, token: string | undefined): Promise<readonly string[]> {
  const lists = operations.filter(({ method, path }) => method === 'GET' && path.startsWith('/v1/') && !/[{]|tokens/.test(path));
  const found = new Set<string>();
  for (const { path } of lists) {
    const text = JSON.stringify(await fetchJson(new URL(path, server), token));
    for (const [id] of text.matchAll(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g)) found.add(id);
  }
  return [...found].slice(0, 50);
}

async function fetchJson<T>(url: URL, token: string | undefined): Promise<T> {
  const answer = await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`GET ${url.pathname} answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as T;
}

/** A request as text for people, without the token. */
export function requestText({ method, target, headers, body, wire }: FuzzRequest): string {
  const lines = Object.entries(headers).map(([name, value]) =>
    name === '' ? value : `${name}: ${name === 'authorization' ? '...' : value}`,
  );
  const bytes =
    body === null ? [] : ['', `body, ${body.length} bytes: ${JSON.stringify(Buffer.from(body).toString('latin1').slice(0, 500))}`];
  return [`${method} ${target}${wire === 'whole' ? '' : `   (${wire} on the wire)`}`, ...lines, ...bytes].join('\n');
}

/** Answers by status, a line for each operation. */
export function summaryText(answers: FuzzReport['answers']): string {
  const statuses = [...new Set(Object.values(answers).flatMap(Object.keys))].toSorted();
  const width = Math.max(...Object.keys(answers).map(({ length }) => length), 9);
  const row = (name: string, cells: readonly string[]): string => name.padEnd(width) + cells.map((cell) => cell.padStart(9)).join('');
  return [
    row('operation', statuses),
    ...Object.entries(answers)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, counts]) =>
        row(
          name,
          statuses.map((status) => String(counts[status] ?? '')),
        ),
      ),
  ].join('\n');
}
