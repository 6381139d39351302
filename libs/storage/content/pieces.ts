import { CfgenError } from '@cfgen/contracts';
import { refuseWhenAborted, unlessAborted } from './interruption';

export interface PieceLimits {
  readonly signal?: AbortSignal;
  readonly maxBytes?: number;
}

/**
 * A content piece by piece. Stops at once when the signal is aborted, even where the source never answers, and tells the source to end.
 * An error of the source passes through as it is.
 *
 * @throws CfgenError TOO_LARGE, INTERRUPTED, REQUEST_INVALID for a piece that is not bytes
 */
export async function* piecesOf(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { signal, maxBytes = Number.POSITIVE_INFINITY }: PieceLimits,
): AsyncGenerator<Uint8Array, void, void> {
  refuseWhenAborted(signal);
  if (content instanceof Uint8Array) {
    refuseMore(content.length, maxBytes);
    yield content;
    return;
  }
  const source = content[Symbol.asyncIterator]();
  let ended = false;
  let bytes = 0;
  try {
    for (;;) {
      const step = await unlessAborted(source.next(), signal);
      if (step.done === true) {
        ended = true;
        return;
      }
      const piece: unknown = step.value;
      if (!(piece instanceof Uint8Array)) {
        throw new CfgenError('REQUEST_INVALID', `a content to store gave a piece of type ${typeof piece}`, {
          hint: 'give pieces of Uint8Array',
        });
      }
      bytes += piece.length;
      refuseMore(bytes, maxBytes);
      if (piece.length > 0) yield piece;
    }
  } finally {
    // Not waited for: a source that hangs in next() would hold up the answer. What it still says concerns nobody.
    if (!ended) void Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

function refuseMore(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new CfgenError('TOO_LARGE', `the content has more than the ${maxBytes} bytes that are allowed`, {
      hint: 'send less, or raise the limit',
      details: { maxBytes },
    });
  }
}

/**
 * Cuts pieces into parts of exactly `partSize` bytes, the last one excepted. All parts lie in ONE buffer: a part is valid until the next is
 * asked for, and a content of any size takes the memory of one part.
 */
export async function* partsOf(pieces: AsyncIterable<Uint8Array>, partSize: number): AsyncGenerator<Buffer, void, void> {
  let part: Buffer | undefined;
  let filled = 0;
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.length;) {
      part ??= Buffer.allocUnsafeSlow(partSize);
      const count = Math.min(partSize - filled, piece.length - taken);
      part.set(piece.subarray(taken, taken + count), filled);
      filled += count;
      taken += count;
      if (filled === partSize) {
        yield part;
        filled = 0;
      }
    }
  }
  if (part !== undefined && filled > 0) yield part.subarray(0, filled);
}
