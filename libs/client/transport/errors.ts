import { CfgenError, errorCodes, problemMediaType, type ErrorCode } from '@cfgen/contracts';
import { stopped } from './pause';

/** Statuses of servers and proxies that are busy or not yet there. */
const passingStatuses = [429, 502, 503, 504];

/** How long to wait before trying again, where a server said so; milliseconds. */
const retryAfter = new WeakMap<CfgenError, number>();

/** Longest wait that a server can ask for. */
const longestWaitMs = 30_000;
const firstWaitMs = 250;

/** Whether the same request may succeed a little later. */
export function isPassing(thrown: unknown): thrown is CfgenError {
  return thrown instanceof CfgenError && thrown.retryable && thrown.code !== 'INTERRUPTED';
}

/** Milliseconds to wait after an attempt: what the server said, or twice as long each time. */
export function waitBefore(attempt: number, error: CfgenError): number {
  return Math.min(longestWaitMs, retryAfter.get(error) ?? firstWaitMs * 2 ** attempt);
}

/** The error that an answer tells of: problem+json with the code of the server, or whatever stands between us and it. */
export async function errorOfAnswer(answer: Response, server: string): Promise<CfgenError> {
  const { status, headers } = answer;
  const text = await answer.text().catch(() => '');
  const problem = headers.get('content-type')?.startsWith(problemMediaType) === true ? recordOf(text) : undefined;
  const error = problem === undefined ? errorOfStatus(status, headers, server) : errorOfProblem(problem, status);
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) retryAfter.set(error, seconds * 1000);
  return error;
}

function errorOfProblem(problem: Readonly<Record<string, unknown>>, status: number): CfgenError {
  const { code, detail, title, hint, retryable, details } = problem;
  const known = errorCodes.find((one) => one === code);
  const message = [detail, title].find((text) => typeof text === 'string') ?? `the server answered ${status}`;
  return new CfgenError(known ?? codeOfStatus(status), message, {
    ...(typeof hint === 'string' ? { hint } : {}),
    retryable: typeof retryable === 'boolean' ? retryable : passingStatuses.includes(status),
    details: {
      ...(typeof details === 'object' && details !== null ? details : {}),
      // A newer server may have codes that this client does not know.
      ...(known === undefined && typeof code === 'string' ? { code } : {}),
      status,
    },
  });
}

/** No word of our own server: a proxy, or another server. */
function errorOfStatus(status: number, headers: Headers, server: string): CfgenError {
  const location = headers.get('location');
  if (location !== null || status === 0) {
    return new CfgenError('SERVER_UNREACHABLE', `${server} sends requests on${location === null ? '' : ` to ${location}`}`, {
      hint: 'Give the address it sends on to as the server.',
      details: { server, status },
    });
  }
  return new CfgenError(codeOfStatus(status), `${server} answered ${status} without saying why`, {
    hint: 'Is there a CFGen server at this address, or a proxy in front of it that refuses?',
    retryable: passingStatuses.includes(status),
    details: { server, status },
  });
}

function codeOfStatus(status: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = {
    400: 'REQUEST_INVALID',
    401: 'UNAUTHENTICATED',
    403: 'FORBIDDEN',
    404: 'NOT_FOUND',
    409: 'CONFLICT',
    413: 'TOO_LARGE',
    422: 'REQUEST_INVALID',
    429: 'TOO_MANY_REQUESTS',
    502: 'SERVER_UNREACHABLE',
    503: 'SERVER_UNREACHABLE',
    504: 'SERVER_UNREACHABLE',
  };
  return codes[status] ?? (status >= 400 && status < 500 ? 'REQUEST_INVALID' : 'INTERNAL');
}

export interface FailureContext {
  readonly server: string;
  readonly signal: AbortSignal | undefined;
  /** The limit of time that was reached, in milliseconds. */
  readonly timedOut: number | undefined;
}

/** The error of a request that got no answer, or not all of it. */
export function errorOfFailure(thrown: unknown, { server, signal, timedOut }: FailureContext): CfgenError {
  if (thrown instanceof CfgenError) return thrown;
  if (signal?.aborted === true) return stopped(signal.reason);
  const why = timedOut === undefined ? reasonOf(thrown) : `no answer within ${timedOut / 1000} s`;
  return new CfgenError('SERVER_UNREACHABLE', `${server} cannot be reached: ${why}`, {
    hint: 'Is the server running, and is this its address? cfgen doctor on its machine says what is wrong with it.',
    retryable: true,
    details: { server },
    cause: thrown,
  });
}

/** Node hides what happened to a connection in the cause of a "fetch failed". */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return thrown.message;
}

export function answerNotUnderstood(server: string, text: string, cause: unknown): CfgenError {
  return new CfgenError('MESSAGE_INVALID', `${server} answered something that is not JSON: ${text.slice(0, 80)}`, {
    hint: 'Is there a CFGen server at this address?',
    details: { server },
    cause,
  });
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
