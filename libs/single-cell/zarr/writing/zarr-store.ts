import { CfgenError } from '@cfgen/contracts';
import {
  bytesOf,
  typeOfArray,
  type ArrayStore,
  type Attributes,
  type ElementType,
  type GrowingArray,
  type NumberType,
  type NumericArray,
} from '../../writing/array-store';
import type { Compression } from '../../writing/chunks-in-order';
import { ZarrChunkPipeline } from './chunk-pipeline';
import type { StoreSink } from './store-sink';
import { chunkKey, metadataFiles, reservedNames, type NodeDescription, type ZarrFormat } from './zarr-metadata';

/** Elements of a full chunk: 4 MiB of float32, a file of about a megabyte, so that millions of cells take thousands of files, not millions. */
const chunkElements = 1 << 20;
/** Texts of a full chunk. */
const chunkTexts = 1 << 17;

/**
 * A Zarr store as a store of arrays. Chunks are written as they fill; metadata, also consolidated, comes last and makes the store valid. Holds
 * nothing but data, so equal content gives equal bytes (with gzip on one version of Node).
 */
export class ZarrStore implements ArrayStore {
  readonly #sink: StoreSink;
  readonly #format: ZarrFormat;
  readonly #gzipLevel: number | undefined;
  readonly #pipeline: ZarrChunkPipeline;
  readonly #nodes = new Map<string, NodeDescription>([['', { attributes: {} }]]);
  #open = true;

  /** @param compression undefined for none. Errors of the operating system come out as they are. */
  constructor(sink: StoreSink, format: ZarrFormat, compression: Compression | undefined) {
    this.#sink = sink;
    this.#format = format;
    this.#gzipLevel = compression?.level;
    this.#pipeline = new ZarrChunkPipeline(sink, compression);
  }

  group(path: string, attributes: Attributes): void {
    this.#put(path, { attributes });
  }

  growing(path: string, type: NumberType, rest: readonly number[] = [], attributes: Attributes = {}): GrowingArray {
    return this.#growing(path, type, rest, attributes);
  }

  async numbers(path: string, values: NumericArray, shape: readonly number[], attributes: Attributes): Promise<void> {
    await this.#fixed(path, typeOfArray(values), bytesOf(values), shape, attributes);
  }

  async booleans(path: string, values: Uint8Array, shape: readonly number[], attributes: Attributes): Promise<void> {
    await this.#fixed(path, { kind: 'boolean' }, values, shape, attributes);
  }

  async strings(path: string, values: readonly string[], shape: readonly number[], attributes: Attributes): Promise<void> {
    const chunk = Math.max(1, Math.min(values.length, chunkTexts));
    const chunks = shape.length === 0 ? [] : [chunk];
    this.#put(path, { attributes, array: { type: { kind: 'string' }, shape, chunks, gzipLevel: this.#gzipLevel } });
    for (let start = 0; start < values.length; start += chunk) {
      const place = shape.length === 0 ? [] : [start / chunk];
      await this.#pipeline.submit(chunkKey(this.#format, path, place), texts(values.slice(start, start + chunk), chunk));
    }
    await this.#pipeline.drain();
  }

  async finish(): Promise<void> {
    await this.#pipeline.drain();
    for (const [key, text] of metadataFiles(this.#format, this.#nodes)) this.#sink.write(key, Buffer.from(text));
    await this.#sink.finish();
    this.#open = false;
  }

  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sink.discard();
  }

  async #fixed(path: string, type: ElementType, bytes: Uint8Array, shape: readonly number[], attributes: Attributes): Promise<void> {
    if (shape.length === 0) {
      this.#put(path, { attributes, array: { type, shape, chunks: [], gzipLevel: this.#gzipLevel } });
      await this.#pipeline.submit(chunkKey(this.#format, path, []), bytes.slice());
      return this.#pipeline.drain();
    }
    const array = this.#growing(path, type, shape.slice(1), attributes, shape[0]);
    await array.append(bytes);
    await array.complete();
  }

  /** @param length of the first axis where it is known: for rows without elements, which nothing counts */
  #growing(path: string, type: ElementType, rest: readonly number[], attributes: Attributes, length?: number): GrowingChunks {
    // Holds the place among the members of its group until the shape is known.
    this.#put(path, { attributes });
    const bytes = type.kind === 'float' || type.kind === 'integer' ? type.bytes : 1;
    return new GrowingChunks(rest, bytes, {
      write: (place, chunk) => this.#pipeline.submit(chunkKey(this.#format, path, place), chunk),
      complete: async (rows, chunks) => {
        await this.#pipeline.drain();
        this.#put(path, { attributes, array: { type, shape: [length ?? rows, ...rest], chunks, gzipLevel: this.#gzipLevel } });
      },
    });
  }

  /** Describes a node; the groups above it come into being with it. */
  #put(path: string, node: NodeDescription): void {
    const names = path.split('/');
    const name = names.pop() ?? '';
    if (reservedNames.has(name)) {
      throw new CfgenError('REQUEST_INVALID', `${names.join('/')} cannot have an entry named ${JSON.stringify(name)} in a Zarr store.`, {
        hint: 'Rename it, or write .h5ad.',
      });
    }
    const above = names.join('/');
    if (path !== '' && !this.#nodes.has(above)) this.#put(above, { attributes: {} });
    this.#nodes.set(path, node);
  }
}

/** Where an array that grows puts its chunks. */
interface ChunkTarget {
  write(place: readonly number[], chunk: Uint8Array): Promise<void>;
  complete(rows: number, chunks: readonly number[]): Promise<void>;
}

/** Gathers elements into chunks of a fixed size, so that the blocks in which they come leave no trace in the store. */
class GrowingChunks implements GrowingArray {
  readonly #rest: readonly number[];
  readonly #elementBytes: number;
  readonly #target: ChunkTarget;
  readonly #rowElements: number;
  readonly #rowsPerChunk: number;
  readonly #chunkBytes: number;
  #buffer = new Uint8Array(1 << 12);
  #filled = 0;
  #submitted = 0;
  #elements = 0;

  constructor(rest: readonly number[], elementBytes: number, target: ChunkTarget) {
    this.#rest = rest;
    this.#elementBytes = elementBytes;
    this.#target = target;
    this.#rowElements = rest.reduce((product, length) => product * length, 1);
    this.#rowsPerChunk = Math.max(1, Math.floor(chunkElements / Math.max(1, this.#rowElements)));
    this.#chunkBytes = this.#rowsPerChunk * this.#rowElements * elementBytes;
  }

  get room(): number {
    return (this.#chunkBytes - this.#filled) / this.#elementBytes;
  }

  get elements(): number {
    return this.#elements;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#elements += bytes.byteLength / this.#elementBytes;
    for (let at = 0; at < bytes.byteLength;) {
      const step = Math.min(bytes.byteLength - at, this.#chunkBytes - this.#filled);
      this.#reserve(this.#filled + step);
      this.#buffer.set(bytes.subarray(at, at + step), this.#filled);
      at += step;
      this.#filled += step;
      if (this.#filled === this.#chunkBytes) await this.#submit(this.#buffer);
    }
  }

  async complete(): Promise<void> {
    const rows = this.#rowElements === 0 ? 0 : this.#elements / this.#rowElements;
    const alone = this.#submitted === 0;
    if (this.#filled > 0) {
      // The format stores chunks whole: alone it may be short, after others it is filled up with zeros.
      this.#reserve(this.#chunkBytes, alone);
      await this.#submit(alone ? this.#buffer.slice(0, this.#filled) : this.#buffer.fill(0, this.#filled));
    }
    const length = alone ? Math.max(1, Math.min(this.#rowsPerChunk, rows)) : this.#rowsPerChunk;
    await this.#target.complete(rows, [length, ...this.#rest.map((extent) => Math.max(1, extent))]);
  }

  /** The buffer grows with what comes: most arrays of a file are far smaller than a chunk. */
  #reserve(bytes: number, skip = false): void {
    if (skip || bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(this.#chunkBytes, Math.max(bytes, 2 * this.#buffer.length)));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }

  async #submit(chunk: Uint8Array): Promise<void> {
    const place = [this.#submitted, ...this.#rest.map(() => 0)];
    this.#submitted += 1;
    this.#filled = 0;
    this.#buffer = new Uint8Array(0);
    await this.#target.write(place, chunk);
  }
}

/** Texts as `vlen-utf8` has them: how many, then the length and bytes of each; filled up with empty ones to a whole chunk. */
function texts(values: readonly string[], chunk: number): Uint8Array {
  const parts: Buffer[] = [];
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  parts.push(number(chunk));
  for (const value of values) {
    const bytes = Buffer.from(value, 'utf8');
    parts.push(number(bytes.length), bytes);
  }
  parts.push(Buffer.alloc(4 * (chunk - values.length)));
  return Buffer.concat(parts);
}
