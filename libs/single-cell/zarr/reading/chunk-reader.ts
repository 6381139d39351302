import { CfgenError } from '@cfgen/contracts';
import type * as Zarrita from 'zarrita';
import type { Array as ZarrArray, DataType, Readable } from 'zarrita';
import { damagedFile } from '../../array-file/failures';
import type { Numbers } from '../../hdf5/decoding';
import type { ZarrFiles } from './zarr-files';
import type { ZarrNode } from './zarr-node';

/** Most bytes a chunk may take unpacked: bounds what damaged metadata can make a decoder allocate. */
const largestChunk = 1 << 30;

/** Numbers or text of a chunk in row-major order, whole even where the array ends inside it. */
export type ChunkValues = Numbers | readonly string[];

/** The library, loaded with the first store: commands that read none must not wait for it. */
type Library = typeof Zarrita;

/** Reads the chunks of one array through zarrita, which knows formats, codecs and shards. */
export class ChunkReader {
  readonly #store: string;
  readonly #path: string;
  readonly #array: ZarrArray<DataType>;
  readonly #zarrita: Library;

  private constructor(zarrita: Library, store: string, path: string, array: ZarrArray<DataType>) {
    this.#zarrita = zarrita;
    this.#store = store;
    this.#path = path;
    this.#array = array;
  }

  /** @param store how messages call the store. @throws CfgenError INPUT_UNSUPPORTED for a type or a codec that is not known */
  static async open(files: ZarrFiles, store: string, path: string, node: ZarrNode): Promise<ChunkReader> {
    const bytes = node.chunks.reduce((product, extent) => product * extent, Math.max(1, node.size));
    if (bytes > largestChunk) {
      throw new CfgenError('MEMORY_EXCEEDED', `${store}: chunks of ${path} take ${bytes.toLocaleString('en-US')} bytes`, {
        hint: 'store the array in smaller chunks',
        details: { file: store, part: path },
      });
    }
    const zarrita = await import('zarrita');
    const { open, root } = zarrita;
    try {
      const location = root(below(files, path));
      const array = await (node.format === 3 ? open.v3 : open.v2)(location, { kind: 'array' });
      return new ChunkReader(zarrita, store, path, array);
    } catch (cause) {
      throw failure(zarrita, store, path, cause);
    }
  }

  /** Shape of the chunks that are read: those inside shards, where there are any. */
  get chunks(): readonly number[] {
    return this.#array.chunks;
  }

  /** A chunk; one that is not stored has the fill value. @throws CfgenError INPUT_DAMAGED, INPUT_UNSUPPORTED */
  async read(place: readonly number[]): Promise<ChunkValues> {
    const chunk = await this.#decoded(place);
    const elements = this.chunks.reduce((product, extent) => product * extent, 1);
    const values = plain(chunk.data, elements);
    if (values === undefined || values.length !== elements) {
      const has = values === undefined ? 'values of an unknown type' : `${values.length.toLocaleString('en-US')} values`;
      throw damaged(this.#store, this.#path, place, `it holds ${has} instead of ${elements.toLocaleString('en-US')}`);
    }
    return rowMajor(values, chunk.shape, chunk.stride);
  }

  async #decoded(place: readonly number[]): Promise<{ data: unknown; shape: number[]; stride: number[] }> {
    try {
      return await this.#array.getChunk([...place]);
    } catch (cause) {
      throw failure(this.#zarrita, this.#store, this.#path, cause, place);
    }
  }
}

/** The part of the store below an array, so that names of groups and columns never become part of a URL. */
function below(files: ZarrFiles, path: string): Readable {
  const key = (name: string): string => `${path}${name}`;
  return {
    get: (name) => Promise.resolve(files.read(key(name))),
    getRange: (name, range) =>
      Promise.resolve(
        'suffixLength' in range
          ? files.readRange(key(name), -range.suffixLength, range.suffixLength)
          : files.readRange(key(name), range.offset, range.length),
      ),
  };
}

/** Values as plain numbers or texts; undefined where they are neither. */
function plain(data: unknown, elements: number): ChunkValues | undefined {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (isNumbers(data)) return data;
  if (Array.isArray(data)) return data.map((value) => (typeof value === 'string' ? value : ''));
  // Booleans and texts of fixed length come in containers of their own.
  if (typeof data !== 'object' || data === null || !('get' in data) || typeof data.get !== 'function') return undefined;
  const container = data as { readonly length: number; get(at: number): unknown };
  if (container.length !== elements) return undefined;
  const first = elements > 0 ? container.get(0) : false;
  if (typeof first === 'boolean') return Uint8Array.from({ length: elements }, (_, at) => (container.get(at) === true ? 1 : 0));
  return Array.from({ length: elements }, (_, at) => String(container.get(at)).replace(/\0+$/, ''));
}

function isNumbers(data: unknown): data is Numbers {
  return ArrayBuffer.isView(data) && !(data instanceof DataView) && !(data instanceof BigInt64Array) && !(data instanceof BigUint64Array);
}

function rowMajor(values: ChunkValues, shape: readonly number[], stride: readonly number[]): ChunkValues {
  const [rows, columns] = shape;
  if (shape.length !== 2 || (stride[0] === columns && stride[1] === 1)) return values;
  if (!isNumbers(values)) return values;
  const turned = values.slice();
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[row * columns + column] = values[row * stride[0] + column * stride[1]];
  return turned;
}

function failure({ isZarritaError }: Library, store: string, path: string, cause: unknown, place?: readonly number[]): CfgenError {
  if (cause instanceof CfgenError) return cause;
  if (isZarritaError(cause, 'UnknownCodecError') || isZarritaError(cause, 'UnsupportedError')) {
    return new CfgenError('INPUT_UNSUPPORTED', `${store}: ${path} cannot be decoded here (${reason(cause)})`, {
      hint: "save the store anew in Python with blosc, zstd or gzip: anndata.read_zarr('old.zarr').write_zarr('new.zarr')",
      details: { file: store, part: path },
      cause,
    });
  }
  return damaged(store, path, place, reason(cause), cause);
}

function damaged(store: string, path: string, place: readonly number[] | undefined, what: string, cause?: unknown): CfgenError {
  const where = place === undefined || place.length === 0 ? path : `chunk ${place.join('.')} of ${path}`;
  return damagedFile(store, 'store', `${where} cannot be read (${what})`, cause, path);
}

function reason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return cause instanceof Error ? `${cause.message}${inner}`.slice(0, 200) : String(cause).slice(0, 200);
}
