import { createHash } from 'node:crypto';
import { expect } from 'vitest';

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that repeat from a seed and do not compress into sameness: a linear congruential generator. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state ^ (state >>> 15);
  }
  return new Uint8Array(words.buffer, 0, length);
}

export async function* inPieces(bytes: Uint8Array, pieceSize: number): AsyncGenerator<Uint8Array, void, void> {
  for (let from = 0; from < bytes.length; from += pieceSize) yield bytes.subarray(from, from + pieceSize);
}

/** The same piece many times over, each in memory of its own, as from a network. */
export async function* repeated(piece: Uint8Array, times: number): AsyncGenerator<Uint8Array, void, void> {
  for (let i = 0; i < times; i++) yield piece.slice();
}

/** Breaks off after the first pieces. */
export async function* broken(piece: Uint8Array, times: number): AsyncGenerator<Uint8Array, void, void> {
  yield* repeated(piece, times);
  throw new Error('the source broke off');
}

/** Gives some pieces, then never answers again. */
export async function* hanging(piece: Uint8Array, times: number): AsyncGenerator<Uint8Array, void, void> {
  yield* repeated(piece, times);
  await new Promise(() => undefined);
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export function expectSame(found: Uint8Array, wanted: Uint8Array): void {
  expect(found.length).toBe(wanted.length);
  // Element by element, a large array would take seconds.
  expect(Buffer.compare(found, wanted)).toBe(0);
}
