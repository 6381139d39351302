import { CfgenError } from '@cfgen/contracts';
import { answerNotUnderstood, errorOfFailure, isPassing, waitBefore } from './errors';
import { serverSentEvents } from './server-sent-events';

/** An event with its data read as JSON. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: unknown;
}

export interface EventStreamOptions {
  /** Opens the stream, from after an event where one is named. */
  readonly open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;
  readonly signal: AbortSignal | undefined;
  /** How often it is opened again without an event in between. */
  readonly retries: number;
  readonly silenceMs: number;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly server: string;
}

/** Events as they come, over as many connections as it takes. */
export async function* eventsOf<E extends StreamedEvent>(options: EventStreamOptions): AsyncGenerator<E, void, undefined> {
  const { open, signal, retries, silenceMs, pause, server } = options;
  let lastEventId: string | undefined;
  let failures = 0;
  for (;;) {
    let failure: CfgenError;
    const connection = new AbortController();
    const both = signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]);
    try {
      const { body } = await open(lastEventId, both);
      for await (const { event, data, id } of serverSentEvents(noticingSilence(body, silenceMs, connection))) {
        failures = 0;
        lastEventId = id ?? lastEventId;
        yield { event, data: dataOf(data, server) } as E;
      }
      failure = brokenOff(server);
    } catch (thrown) {
      failure =
        connection.signal.aborted && signal?.aborted !== true
          ? brokenOff(server)
          : errorOfFailure(thrown, { server, signal, timedOut: undefined });
    } finally {
      // Also when the listener has seen enough: the connection must not stay open.
      connection.abort();
    }
    if (!isPassing(failure) || failures >= retries) throw failure;
    await pause(waitBefore(failures++, failure), signal);
  }
}

/** Ends a connection on which nothing comes any more, as after a cable was pulled. */
async function* noticingSilence(
  body: ReadableStream<Uint8Array> | null,
  silenceMs: number,
  connection: AbortController,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const end = (): void => connection.abort();
  let timer = setTimeout(end, silenceMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(end, silenceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

function dataOf(text: string, server: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw answerNotUnderstood(server, text, cause);
  }
}

function brokenOff(server: string): CfgenError {
  return new CfgenError('SERVER_UNREACHABLE', `${server} has ended the stream of events`, { retryable: true, details: { server } });
}
