import { CfgenError } from '@cfgen/contracts';
import { errorOfFailure, isPassing, waitBefore } from '../transport/errors';
import { pause as pauseFor } from '../transport/pause';

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often it is taken up again without a byte in between. Default: 4. */
  readonly retries?: number;
  readonly pause?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Asks for the bytes, or with headers for the part that is still missing. */
export type OpenDownload = (headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined) => Promise<Response>;

/**
 * The bytes of a download, taken up where they broke off (Range). A content that has become another one meanwhile is refused.
 *
 * @throws CfgenError CONFLICT (another content), and what the server refuses with
 */
export async function* downloaded(open: OpenDownload, options: DownloadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, retries = 4, pause = pauseFor } = options;
  let received = 0;
  let tag: string | null = null;
  let failures = 0;
  for (;;) {
    try {
      const answer = await open(
        received === 0 ? {} : { range: `bytes=${received}-`, ...(tag === null ? {} : { 'if-range': tag }) },
        signal,
      );
      if (received > 0) checkPart(answer, received);
      tag = answer.headers.get('etag');
      for await (const chunk of bodyOf(answer)) {
        failures = 0;
        received += chunk.length;
        yield chunk;
      }
      return;
    } catch (thrown) {
      const error = errorOfFailure(thrown, { server: 'the server', signal, timedOut: undefined });
      if (!isPassing(error) || failures >= retries) throw error;
      await pause(waitBefore(failures++, error), signal);
    }
  }
}

/** The DOM's type of a body knows nothing of the iterator that every runtime of today gives it. */
function bodyOf({ body }: Response): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
  return (body as AsyncIterable<Uint8Array> | null) ?? [];
}

function checkPart({ status, headers }: Response, from: number): void {
  if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${from}-`) === true) return;
  throw new CfgenError('CONFLICT', `after byte ${from} the server went on with something else (status ${status})`, {
    hint: 'The content has changed meanwhile, or something in between cannot resume. Download it again.',
    details: { from, status },
  });
}
