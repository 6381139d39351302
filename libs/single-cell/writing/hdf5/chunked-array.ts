import { writeChunkIndex, type StoredChunk } from './chunk-index';
import type { ChunkPipeline } from './chunk-pipeline';
import { elementBytes, type Hdf5Type } from './datatype';
import type { FileSink } from './file-sink';
import type { StoredArray } from './object-header';

/** Elements of a full chunk: 512 KiB of float32, so that two fit into the cache a reader keeps by default. */
export const chunkElements = 1 << 17;

/**
 * A data set that grows along its first axis. Elements are gathered into chunks of a fixed size, so that the blocks in
 * which they come leave no trace in the file.
 */
export class ChunkedArray {
  readonly #pipeline: ChunkPipeline;
  readonly #type: Hdf5Type;
  readonly #rest: readonly number[];
  readonly #rowElements: number;
  readonly #rowsPerChunk: number;
  readonly #chunks: StoredChunk[] = [];
  #buffer: Uint8Array;
  #filled = 0;
  #submitted = 0;
  #elements = 0;

  /** @param rest lengths of the axes after the first. @param elements how many a chunk should hold. */
  constructor(pipeline: ChunkPipeline, type: Hdf5Type, rest: readonly number[] = [], elements = chunkElements) {
    this.#pipeline = pipeline;
    this.#type = type;
    this.#rest = rest;
    this.#rowElements = rest.reduce((product, length) => product * length, 1);
    this.#rowsPerChunk = Math.max(1, Math.floor(elements / Math.max(1, this.#rowElements)));
    this.#buffer = new Uint8Array(this.#rowsPerChunk * this.#rowElements * elementBytes(type));
  }

  /** Elements that fit before the chunk at hand is full; at least 1. */
  get room(): number {
    return (this.#buffer.byteLength - this.#filled) / elementBytes(this.#type);
  }

  /** Elements appended so far. */
  get elements(): number {
    return this.#elements;
  }

  /** Appends elements, row-major, as the bytes of a little-endian array; they are copied. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#elements += bytes.byteLength / elementBytes(this.#type);
    for (let at = 0; at < bytes.byteLength;) {
      const step = Math.min(bytes.byteLength - at, this.#buffer.byteLength - this.#filled);
      this.#buffer.set(bytes.subarray(at, at + step), this.#filled);
      at += step;
      this.#filled += step;
      if (this.#filled === this.#buffer.byteLength) await this.#submit(this.#buffer);
    }
  }

  /** Hands in the last, partly filled chunk. The pipeline has to be drained before `store`. */
  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    // The format stores chunks whole: alone it may be short, after others it is filled up with zeros.
    await this.#submit(this.#submitted === 0 ? this.#buffer.slice(0, this.#filled) : this.#buffer);
  }

  /** Writes the index of the chunks. */
  store(sink: FileSink, gzipLevel: number | undefined): StoredArray {
    const rows = this.#rowElements === 0 ? 0 : this.#elements / this.#rowElements;
    const chunkShape = [Math.max(1, Math.min(this.#rowsPerChunk, rows)), ...this.#rest.map((length) => Math.max(1, length))];
    const index = writeChunkIndex(sink, this.#chunks, chunkShape, elementBytes(this.#type));
    return { type: this.#type, shape: [rows, ...this.#rest], layout: { kind: 'chunked', index, chunkShape, gzipLevel } };
  }

  async #submit(chunk: Uint8Array): Promise<void> {
    const place = this.#submitted;
    this.#submitted += 1;
    this.#buffer = new Uint8Array(this.#buffer.byteLength);
    this.#filled = 0;
    await this.#pipeline.submit(chunk, elementBytes(this.#type), (stored) => {
      this.#chunks[place] = stored;
    });
  }
}
