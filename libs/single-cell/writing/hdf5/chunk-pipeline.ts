import { deflate } from 'node:zlib';
import type { StoredChunk } from './chunk-index';
import type { FileSink } from './file-sink';

/** Chunks that may be under compression at once: enough for the threads Node has for it, few enough for a small memory. */
const mostInFlight = 8;

/**
 * Compresses chunks on Node's own threads and writes them in the order they were given, whichever is ready first.
 */
export class ChunkPipeline {
  readonly #sink: FileSink;
  readonly #gzipLevel: number | undefined;
  readonly #inFlight: { readonly bytes: Promise<Uint8Array>; readonly store: (chunk: StoredChunk) => void }[] = [];

  /** @param gzipLevel 1 (fast) to 9 (small); undefined stores chunks as they are. */
  constructor(sink: FileSink, gzipLevel: number | undefined) {
    this.#sink = sink;
    this.#gzipLevel = gzipLevel;
  }

  /**
   * Takes a chunk, whose bytes are copied or must not change afterwards, and later hands its place in the file to `store`.
   * @param elementBytes elements of more than one byte are shuffled (all first bytes, all second bytes, ...) before compression.
   */
  async submit(chunk: Uint8Array, elementBytes: number, store: (chunk: StoredChunk) => void): Promise<void> {
    if (this.#gzipLevel === undefined) {
      store({ address: this.#sink.append(chunk), bytes: chunk.byteLength });
      return;
    }
    const bytes = compressed(elementBytes > 1 ? shuffled(chunk, elementBytes) : chunk, this.#gzipLevel);
    // A failure shows when the chunk's turn comes; until then it must not count as unhandled.
    bytes.catch(() => undefined);
    this.#inFlight.push({ bytes, store });
    if (this.#inFlight.length >= mostInFlight) await this.#writeOldest();
  }

  /** Waits until every chunk is written. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#inFlight.shift();
    if (oldest === undefined) return;
    const bytes = await oldest.bytes;
    oldest.store({ address: this.#sink.append(bytes), bytes: bytes.byteLength });
  }
}

function compressed(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    deflate(bytes, { level }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

/** HDF5's shuffle filter: byte b of element i goes to b * count + i; equal high bytes come to lie together. */
export function shuffled(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = bytes.byteLength / elementBytes;
  const result = new Uint8Array(bytes.byteLength);
  if (elementBytes === 4) {
    const [second, third, fourth] = [count, 2 * count, 3 * count];
    for (let i = 0, at = 0; i < count; i += 1, at += 4) {
      result[i] = bytes[at];
      result[second + i] = bytes[at + 1];
      result[third + i] = bytes[at + 2];
      result[fourth + i] = bytes[at + 3];
    }
    return result;
  }
  for (let b = 0; b < elementBytes; b += 1) {
    for (let i = 0; i < count; i += 1) result[b * count + i] = bytes[i * elementBytes + b];
  }
  return result;
}
