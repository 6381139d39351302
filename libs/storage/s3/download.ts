import { setTimeout as sleep } from 'node:timers/promises';
import type { CfgenError } from '@cfgen/contracts';
import type { Place } from './multipart';
import { isTransient } from './s3-errors';

/** So many failures in a row, without a byte in between, end a download. */
const maximumFailures = 4;

/**
 * Bytes `from` to `to` (excluded) of an object. Asked for when the first piece is wanted; goes on where it was when the connection breaks.
 *
 * @param meaning turns an error of a request into one for the reader
 * @param beforeResuming makes sure that the object is still the same, where nobody verifies the whole
 */
export async function* download(
  { connection, bucket, signal }: Place,
  key: string,
  from: number,
  to: number,
  meaning: (error: unknown) => CfgenError,
  beforeResuming?: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  let failures = 0;
  for (let position = from; position < to;) {
    try {
      if (failures > 0) await beforeResuming?.();
      const start = position;
      const response = await connection.retrying((client) => client.getPartialObject(bucket, key, start, to - start), signal);
      for await (const piece of response as AsyncIterable<Buffer>) {
        position += piece.length;
        failures = 0;
        yield piece;
      }
      if (position < to) throw new Error(`the object ended after ${position} of ${to} bytes`);
    } catch (error) {
      failures++;
      if (!isTransient(error) || signal?.aborted === true || failures >= maximumFailures) throw meaning(error);
      await sleep(100 * 2 ** failures, undefined, signal === undefined ? {} : { signal }).catch((aborted: unknown) => {
        throw meaning(aborted);
      });
    }
  }
}
