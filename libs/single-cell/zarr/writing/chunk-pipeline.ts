import { ChunksInOrder, type Compression } from '../../writing/chunks-in-order';
import type { StoreSink } from './store-sink';

/** Brings chunks into the store in the order they were given, compressed or as they are. */
export class ZarrChunkPipeline {
  readonly #sink: StoreSink;
  readonly #compressor: ChunksInOrder | undefined;

  /** @param compression undefined stores chunks as they are */
  constructor(sink: StoreSink, compression: Compression | undefined) {
    this.#sink = sink;
    this.#compressor = compression === undefined ? undefined : new ChunksInOrder('gzip', compression);
  }

  /** Takes a chunk, whose bytes must not change afterwards. */
  async submit(key: string, chunk: Uint8Array): Promise<void> {
    const write = (bytes: Uint8Array): void => this.#sink.write(key, bytes);
    if (this.#compressor === undefined) write(chunk);
    else await this.#compressor.submit(chunk, write);
  }

  /** Waits until every chunk is written. */
  async drain(): Promise<void> {
    await this.#compressor?.drain();
  }
}
