import type { Readable } from 'node:stream';

/** What a handler answers when it is more than the JSON of the first success status of its operation. */
export class Answer {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** Bytes, text or events, sent as they come. */
export class StreamAnswer {
  constructor(
    readonly status: number,
    readonly stream: Readable,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}
