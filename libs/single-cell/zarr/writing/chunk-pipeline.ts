import { gzip } from 'node:zlib';
import type { StoreSink } from './store-sink';

/** Chunks that may be under compression at once: enough for the threads Node has for it, few enough for a small memory. */
const mostInFlight = 8;
/** Where a gzip header names the operating system, and what says that it is not told. */
const systemAt = 9;
const systemUnknown = 255;

/** Compresses chunks on Node's own threads and writes them in the order they were given, whichever is ready first. */
export class ZarrChunkPipeline {
  readonly #sink: StoreSink;
  readonly #gzipLevel: number | undefined;
  readonly #inFlight: { readonly key: string; readonly bytes: Promise<Uint8Array> }[] = [];

  /** @param gzipLevel 1 (fast) to 9 (small); undefined stores chunks as they are */
  constructor(sink: StoreSink, gzipLevel: number | undefined) {
    this.#sink = sink;
    this.#gzipLevel = gzipLevel;
  }

  /** Takes a chunk, whose bytes must not change afterwards. */
  async submit(key: string, chunk: Uint8Array): Promise<void> {
    if (this.#gzipLevel === undefined) {
      this.#sink.write(key, chunk);
      return;
    }
    const bytes = compressed(chunk, this.#gzipLevel);
    // A failure shows when the chunk's turn comes; until then it must not count as unhandled.
    bytes.catch(() => undefined);
    this.#inFlight.push({ key, bytes });
    if (this.#inFlight.length >= mostInFlight) await this.#writeOldest();
  }

  /** Waits until every chunk is written. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#inFlight.shift();
    if (oldest !== undefined) this.#sink.write(oldest.key, await oldest.bytes);
  }
}

function compressed(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzip(bytes, { level }, (error, result) => {
      if (error !== null) {
        reject(error);
        return;
      }
      // The same bytes on every system.
      result[systemAt] = systemUnknown;
      resolve(result);
    });
  });
}
