import { deflate, deflateSync, gzip, gzipSync, type ZlibOptions } from 'node:zlib';

/** How chunks are compressed: as HDF5 has it (`deflate`: a zlib stream) or as Zarr has it (`gzip`). */
export type ChunkFormat = 'deflate' | 'gzip';

/** How, and on how many threads. */
export interface Compression {
  /** 1 (fast) to 9 (small). */
  readonly level: number;
  /** Chunks that are compressed at once; 1: by the calling thread itself. Node has four threads for it, the default. */
  readonly threads?: number;
}

/** Chunks that are held for their turn: enough to keep the threads busy while the caller computes, few enough for a small memory. */
const mostHeld = 8;
/** Where a gzip header names the operating system, and what says that it is not told. */
const systemAt = 9;
const systemUnknown = 255;

/**
 * Compresses chunks on Node's own threads while the caller goes on, and hands them on in the order they were given, whichever is ready first.
 */
export class ChunksInOrder {
  readonly #format: ChunkFormat;
  readonly #level: number;
  readonly #threads: number;
  readonly #held: HeldChunk[] = [];

  constructor(format: ChunkFormat, { level, threads = 4 }: Compression) {
    this.#format = format;
    this.#level = level;
    this.#threads = threads;
  }

  /** Takes a chunk, whose bytes must not change afterwards, and later hands it to `write`, compressed. */
  async submit(chunk: Uint8Array, write: (bytes: Uint8Array) => void): Promise<void> {
    if (this.#threads <= 1) {
      write(compressedNow(chunk, this.#format, this.#level));
      return;
    }
    // A thread is free again when the chunk so many places before is done.
    const before = this.#held.at(-this.#threads)?.bytes ?? Promise.resolve();
    const bytes = before.then(() => compressed(chunk, this.#format, this.#level));
    // A failure shows when the chunk's turn comes; until then it must not count as unhandled.
    bytes.catch(() => undefined);
    this.#held.push({ bytes, write });
    if (this.#held.length >= mostHeld) await this.#writeOldest();
  }

  /** Waits until every chunk is written. */
  async drain(): Promise<void> {
    while (this.#held.length > 0) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#held.shift();
    if (oldest !== undefined) oldest.write(await oldest.bytes);
  }
}

interface HeldChunk {
  readonly bytes: Promise<Uint8Array>;
  readonly write: (bytes: Uint8Array) => void;
}

function compressedNow(bytes: Uint8Array, format: ChunkFormat, level: number): Uint8Array {
  return finished((format === 'gzip' ? gzipSync : deflateSync)(bytes, optionsFor(bytes, level)), format);
}

function compressed(bytes: Uint8Array, format: ChunkFormat, level: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    (format === 'gzip' ? gzip : deflate)(bytes, optionsFor(bytes, level), (error, result) =>
      error === null ? resolve(finished(result, format)) : reject(error),
    );
  });
}

/** With room for all that can come of it: otherwise every 16 KiB would wait for the calling thread, which is busy computing. */
function optionsFor({ byteLength }: Uint8Array, level: number): ZlibOptions {
  return { level, chunkSize: byteLength + (byteLength >> 11) + 64 };
}

/** The same bytes on every system. */
function finished(bytes: Uint8Array, format: ChunkFormat): Uint8Array {
  if (format === 'gzip') bytes[systemAt] = systemUnknown;
  return bytes;
}
