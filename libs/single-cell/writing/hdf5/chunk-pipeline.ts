import { ChunksInOrder, type Compression } from '../chunks-in-order';
import type { StoredChunk } from './chunk-index';
import type { FileSink } from './file-sink';

/** Brings chunks into the file in the order they were given, compressed or as they are. */
export class ChunkPipeline {
  readonly #sink: FileSink;
  readonly #compressor: ChunksInOrder | undefined;

  /** @param compression undefined stores chunks as they are */
  constructor(sink: FileSink, compression: Compression | undefined) {
    this.#sink = sink;
    this.#compressor = compression === undefined ? undefined : new ChunksInOrder('deflate', compression);
  }

  /**
   * Takes a chunk, whose bytes are copied or must not change afterwards, and later hands its place in the file to `store`.
   * @param elementBytes elements of more than one byte are shuffled (all first bytes, all second bytes, ...) before compression.
   */
  async submit(chunk: Uint8Array, elementBytes: number, store: (chunk: StoredChunk) => void): Promise<void> {
    const write = (bytes: Uint8Array): void => store({ address: this.#sink.append(bytes), bytes: bytes.byteLength });
    if (this.#compressor === undefined) write(chunk);
    else await this.#compressor.submit(elementBytes > 1 ? shuffled(chunk, elementBytes) : chunk, write);
  }

  /** Waits until every chunk is written. */
  async drain(): Promise<void> {
    await this.#compressor?.drain();
  }
}

/** HDF5's shuffle filter: byte b of element i goes to b * count + i; equal high bytes come to lie together. */
export function shuffled(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = bytes.byteLength / elementBytes;
  const result = new Uint8Array(bytes.byteLength);
  if (elementBytes === 4 && count % 4 === 0 && bytes.byteOffset % 4 === 0) {
    shuffleWords(new Uint32Array(bytes.buffer, bytes.byteOffset, count), new Uint32Array(result.buffer));
    return result;
  }
  for (let b = 0; b < elementBytes; b += 1) {
    for (let i = 0; i < count; i += 1) result[b * count + i] = bytes[i * elementBytes + b];
  }
  return result;
}

/** The same for elements of 4 bytes, four of them at a time: a square of 16 bytes is turned over. Little-endian, as the file is. */
function shuffleWords(words: Uint32Array, result: Uint32Array): void {
  const quarter = words.length / 4;
  for (let i = 0, at = 0; i < quarter; i += 1, at += 4) {
    const [a, b, c, d] = [words[at], words[at + 1], words[at + 2], words[at + 3]];
    result[i] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24);
    result[quarter + i] = ((a >>> 8) & 255) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16);
    result[2 * quarter + i] = ((a >>> 16) & 255) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8);
    result[3 * quarter + i] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
  }
}
